import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Catalog } from '../../../src/runner/dashboard/catalog.ts'
import { logPage } from '../../../src/runner/dashboard/history.ts'
import { RunSource } from '../../../src/runner/dashboard/run-source.ts'
import { Story } from '../../../src/runner/dashboard/story.ts'
import { unitsTable } from '../../../src/runner/dashboard/workers.ts'
import type { RunEvent } from '../../../src/runner/runs/events.ts'

const root = mkdtempSync(join(tmpdir(), 'layergym-workers-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const at = (seconds: number, event: RunEvent) =>
  JSON.stringify({ seq: 1, time: new Date(1000 * seconds).toISOString(), ...event })
const worker = (name: string, order: string, state: 'takes' | 'done', seconds?: number): RunEvent => {
  return { type: 'worker', worker: name, order, state, seconds }
}
const notice = (message: string): RunEvent => ({ type: 'notice', message })

test('workers stand with what they do and have done, those at work first', () => {
  const story = new Story()
  const told = [
    worker('one:1/1', 'a/1', 'takes'),
    worker('one:1/2', 'a/2', 'takes'),
    // The next is taken before the end of the one before is told.
    worker('one:1/1', 'a/3', 'takes'),
    worker('one:1/1', 'a/1', 'done', 4),
    worker('one:1/2', 'a/2', 'done', 5),
    worker('two:9/1', 'a/4', 'done', 6),
  ]
  for (const [i, event] of told.entries()) story.take({ offset: i, text: at(i, event) })
  const [table] = unitsTable({ story, state: 'running' } as RunSource, 12_000)
  expect(table.caption).toBe('Workers: 3, 1 at work')
  expect(table.rows.map(row => row.map(({ text }) => text))).toEqual([
    ['one:1/1', 'a/3', '10 s', '1', '4.0 s'],
    ['one:1/2', 'waits, after a/2', '8.0 s', '1', '5.0 s'],
    ['two:9/1', 'waits, after a/4', '7.0 s', '1', '6.0 s'],
  ])
})

test('the logs of several parts are one, in the order of their times', async () => {
  const dir = join(root, 'parts')
  mkdirSync(dir)
  const write = (part: string, lines: readonly string[]) =>
    writeFileSync(join(dir, `events-${part}.jsonl`), lines.map(line => `${line}\n`).join(''))
  write('1-of-2', [at(1, notice('first')), at(5, notice('third'))])
  const source = new RunSource(dir, 'study')
  await source.refresh()
  write('2-of-2', [at(3, notice('second')), at(9, notice('last'))])
  await source.refresh()
  const page = await logPage(source, { from: 0, count: 10 }, true)
  expect(page.rows.map(row => row[2].text)).toEqual(['first', 'second', 'third', 'last'])
  expect(source.logs.map(({ part, story }) => [part, story.notices.length])).toEqual([
    ['1/2', 2],
    ['2/2', 2],
  ])
})

test('a run whose units failed is no finished one, in the list too', async () => {
  const dir = join(root, 'runs', 'broken')
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'config.json'), JSON.stringify({ kind: 'study', overwrite: false }))
  const summary = (failed: readonly object[]) =>
    writeFileSync(join(dir, 'summary.json'), JSON.stringify({ hash: 'x', failed }, null, 2))
  summary([{ unit: 'a/1', cause: 'lost' }])
  const state = async () => (await new Catalog(join(root, 'runs'), () => 0).runs())[0].state
  expect(await state()).toBe('failed')
  summary([])
  expect(await state()).toBe('done')
})

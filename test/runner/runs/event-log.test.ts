import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { EventLog } from '../../../src/runner/runs/event-log.ts'

const root = mkdtempSync(join(tmpdir(), 'layergym-events-'))
const path = join(root, 'events.jsonl')
afterAll(() => rmSync(root, { recursive: true, force: true }))
beforeEach(() => rmSync(path, { force: true }))

const opened = async (bytes = 0) => {
  const log = new EventLog(path, 'events.jsonl', () => 0)
  await log.cutTo(bytes)
  return log
}
const lines = () =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))

describe('a log of events', () => {
  test('has them numbered, with their time and unit, and none that is for the moment', async () => {
    const log = await opened()
    void log.record({ type: 'done', hash: 'ä' }, 'a')
    void log.record({ type: 'step', run: 'a', step: 1, of: 2 })
    await log.record({ type: 'done', hash: 'y' })
    const time = '1970-01-01T00:00:00.000Z'
    expect(lines()).toEqual([
      { seq: 1, time, unit: 'a', type: 'done', hash: 'ä' },
      { seq: 2, time, type: 'done', hash: 'y' },
    ])
    expect(await log.position()).toEqual({ log: 'events.jsonl', bytes: readFileSync(path).length })
  })

  test('goes on after a position, and what came later is gone, half a line too', async () => {
    const log = await opened()
    await log.record({ type: 'done', hash: '1' })
    const { bytes } = await log.position()
    await log.record({ type: 'done', hash: '2' })
    const later = await opened(bytes)
    await later.record({ type: 'done', hash: '3' })
    expect(lines().map(({ seq, hash }) => [seq, hash])).toEqual([
      [1, '1'],
      [2, '3'],
    ])
    const half = await opened(bytes + 9)
    expect(await half.position()).toEqual({ log: 'events.jsonl', bytes })
    expect(lines()).toHaveLength(1)
  })

  test('says a notice and a phase once a unit, whoever goes on with it; all else as often as it happens', async () => {
    const say = async (log: EventLog) => {
      for (const unit of ['a', 'b', undefined]) {
        void log.record({ type: 'notice', message: 'units' }, unit)
        void log.record({ type: 'phase', phase: 'units', total: 2 }, unit)
        void log.record({ type: 'phase', phase: 'final', total: 2 }, unit)
      }
      await log.record({ type: 'done', hash: 'x' })
    }
    const log = await opened()
    await say(log)
    await say(log)
    expect(lines()).toHaveLength(11)
    const later = await opened((await log.position()).bytes)
    await say(later)
    expect(lines()).toHaveLength(12)
    expect(lines().at(-1)).toMatchObject({ seq: 12, type: 'done' })
  })

  test('tells of a disk that takes nothing, also whoever asks for its end next', async () => {
    const log = new EventLog(join(root, 'nowhere', 'events.jsonl'), 'events.jsonl', () => 0)
    void log.record({ type: 'done', hash: 'x' })
    await expect(log.position()).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(log.record({ type: 'done', hash: 'y' })).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('begins where there is no file, and in one that holds no whole line', async () => {
    writeFileSync(path, '{"half')
    const log = await opened(100)
    expect(await log.position()).toEqual({ log: 'events.jsonl', bytes: 0 })
    await log.record({ type: 'done', hash: 'x' })
    expect(lines()).toMatchObject([{ seq: 1 }])
  })
})

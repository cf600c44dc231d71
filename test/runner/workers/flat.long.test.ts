import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { Catalog } from '../../../src/runner/dashboard/catalog.ts'
import { viewOf } from '../../../src/runner/dashboard/view-of-run.ts'
import { begin } from '../../../src/runner/runs/drive.ts'
import { concluded } from '../../../src/runner/runs/job.ts'
import { hiring } from '../../../src/runner/workers/crew.ts'
import { episode, makeRun, round, tell } from '../../support/told.ts'
import { toyHooks } from '../../support/toy-job.ts'
import { toyUnits } from '../../support/toy-units.ts'

const root = mkdtempSync(join(tmpdir(), 'layergym-flat-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const ENTRY = fileURLToPath(new URL('../../support/toy-unit-process.ts', import.meta.url))
const UNITS = 10_000
const MEGABYTE = 2 ** 20

test('10,000 units by two workers: memory stays, and the disk grows with what is done', async () => {
  const out = join(root, 'run')
  const held: number[] = []
  let done = 0
  const onEvent = (event: { readonly type: string; readonly state?: string }) => {
    if (event.type !== 'worker' || event.state !== 'done') return
    if (++done % 1000 === 0) held.push(process.memoryUsage().rss)
  }
  const hooks = { ...toyHooks(), onEvent, hire: hiring({ entry: ENTRY }) }
  const values = { units: UNITS, milliseconds: 0, groups: 8, workers: 2, out }
  expect(concluded(await begin(toyUnits, values, hooks as never)).done).toBe(UNITS)
  expect(held).toHaveLength(UNITS / 1000)
  expect(Math.max(...held.slice(5)) - Math.max(...held.slice(0, 5))).toBeLessThan(64 * MEGABYTE)
  const sizes = readdirSync(join(out, 'outcomes')).map(name => statSync(join(out, 'outcomes', name)).size)
  expect(sizes).toHaveLength(UNITS)
  expect(Math.max(...sizes)).toBeLessThan(1024)
  expect(statSync(join(out, 'events.jsonl')).size / UNITS).toBeLessThan(1024)
  expect(readdirSync(join(out, 'checkpoints'))).toEqual(['config.json'])
})

test('the log of 10,000 episodes of eight rounds and four groups opens within two seconds of a core', async () => {
  const dir = makeRun(join(root, 'episodes'), 'fine-tune')
  const rates = [0, 1e-4, 3e-4, 1e-3]
  const rounds = Array.from({ length: 8 }, (_, i) => round(15 * (i + 1), rates))
  tell(
    dir,
    Array.from({ length: 10_000 }, (_, i) => episode(i, { rounds })),
  )
  expect(statSync(join(dir, 'events.jsonl')).size).toBeGreaterThan(30 * MEGABYTE)
  const before = process.cpuUsage()
  const found = await new Catalog(dir, () => performance.now()).find('')
  if (found === undefined) throw new Error('no run')
  const view = viewOf(found, [], 0)
  const { user, system } = process.cpuUsage(before)
  expect(view.charts[0].series[0].points.length).toBeLessThanOrEqual(240)
  expect((user + system) / 1e6).toBeLessThan(2)
})

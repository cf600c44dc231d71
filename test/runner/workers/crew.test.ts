import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { begin, resume } from '../../../src/runner/runs/drive.ts'
import { concluded } from '../../../src/runner/runs/job.ts'
import { hiring } from '../../../src/runner/workers/crew.ts'
import { MemoryQueue } from '../../../src/runner/workers/memory-queue.ts'
import type { Lease } from '../../../src/runner/workers/queue.ts'
import { toyHooks } from '../../support/toy-job.ts'
import { type ToyUnitsSummary, toyUnits } from '../../support/toy-units.ts'

const root = mkdtempSync(join(tmpdir(), 'layergym-crew-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const ENTRY = fileURLToPath(new URL('../../support/toy-unit-process.ts', import.meta.url))
const hooks = (signal?: AbortSignal) => ({ ...toyHooks(signal), hire: hiring({ entry: ENTRY }) })

let runs = 0
const fresh = () => join(root, `run-${runs++}`)

async function summaryOf(values: object, own = hooks()): Promise<ToyUnitsSummary> {
  return concluded(await begin(toyUnits, { out: fresh(), ...values }, own))
}

interface Line {
  readonly type: string
  readonly unit?: string
  readonly worker?: string
  readonly order?: string
  readonly state?: string
  readonly message?: string
}

const linesOf = (dir: string) =>
  readFileSync(join(dir, 'events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Line)

describe('a run’s units in processes', () => {
  const alone = summaryOf({ units: 12, workers: 1 })

  test.each([2, 3])('%i do them to the same hash, and it is told who did which', async workers => {
    const out = fresh()
    const summary = await summaryOf({ units: 12, workers, out })
    expect(summary).toEqual(await alone)
    const lines = linesOf(out)
    const done = lines.filter(({ type, state }) => type === 'worker' && state === 'done')
    expect(done.map(({ order }) => order).sort()).toEqual(
      Array.from({ length: 12 }, (_, i) => `0/${i}`).sort(),
    )
    expect(new Set(done.map(({ worker }) => worker)).size).toBeLessThanOrEqual(workers)
    expect(lines.filter(({ message }) => message === '0/3 begins')).toMatchObject([{ unit: '0/3' }])
    expect(lines.some(({ message }) => message?.startsWith(`units are done by ${workers} processes`))).toBe(
      true,
    )
  })

  test('with a queue in a folder, and some of them twice, to the same hash; nothing is left there', async () => {
    const queue = `file:${join(root, 'queue')}`
    const own = hooks()
    expect(await summaryOf({ units: 12, workers: 2, queue, verify: '100%' }, own)).toEqual(await alone)
    expect(own.told).toContain('12 units done twice, with the same results')
  })

  test('a result that a stranger wrote is told, and the unit done again, to the same hash', async () => {
    let forged = 0
    class Forging extends MemoryQueue {
      override finish(lease: Lease, result: string) {
        return super.finish(lease, forged++ < 3 ? ['not json', '{}', 'null'][forged - 1] : result)
      }
    }
    const queue = new Forging(Number.POSITIVE_INFINITY)
    const own = { ...toyHooks(), hire: hiring({ entry: ENTRY, queue }) }
    expect(await summaryOf({ units: 12, workers: 2 }, own)).toEqual(await alone)
    expect(own.told.filter(message => message.includes('it is done again'))).toHaveLength(3)
  })

  test('a unit that fails is told as ever, and the others are done', async () => {
    const summary = await summaryOf({ units: 4, workers: 2, fails: '0/2' })
    expect(summary.failed).toEqual([{ unit: '0/2', cause: 'out of beads' }])
    expect(summary.done).toBe(4)
  })

  test('interrupted in the middle, what is done stays, and the rest follows', async () => {
    const out = fresh()
    const controller = new AbortController()
    const own = hooks(controller.signal)
    const stopped = { ...own, onEvent: (event: Line) => event.message === '0/4 begins' && controller.abort() }
    await expect(begin(toyUnits, { units: 12, workers: 2, out }, stopped as never)).rejects.toMatchObject({
      kind: 'interrupted',
    })
    const left = linesOf(out).filter(({ state }) => state === 'done').length
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThan(12)
    expect(concluded(await resume(toyUnits, out, hooks()))).toEqual(await alone)
  })

  test('none, and no queue: refused, with what to do', async () => {
    await expect(summaryOf({ workers: 0 })).rejects.toMatchObject({ code: 'workers.none', exitCode: 2 })
    await expect(summaryOf({ queue: 'http://queue' })).rejects.toMatchObject({
      code: 'queue.url',
      exitCode: 2,
    })
  })
})

import { appendFileSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isRecorded, type RunEvent } from '../../../src/runner/runs/events.ts'
import type { Running, Unit } from '../../../src/runner/runs/job.ts'
import { performAll } from '../../../src/runner/runs/perform-all.ts'
import { type PerKind, type Phase, secondsOf, totalOf } from '../../../src/runner/runs/phase.ts'
import { UnitStore } from '../../../src/runner/runs/units.ts'

const at = (bytes: number, log = 'events.jsonl') => ({ log, bytes })
const records = [{ step: 1 }, { step: 2 }, { step: 3 }]
const fresh = () => mkdtempSync(join(tmpdir(), 'layergym-test-'))

describe('the store of units', () => {
  test('finds what is done, in a process that comes later, and nothing else', async () => {
    const dir = fresh()
    const done = { key: 'a/1', digest: 'x', outcome: { score: 1 }, records }
    await new UnitStore(dir).finish(done, at(5))
    const store = new UnitStore(dir)
    expect(await store.find('a/1')).toEqual(done)
    expect(await store.find('a/2')).toBe(undefined)
    expect(await store.keys()).toEqual(['a/1'])
    await store.finish({ key: 'b', digest: 'y', outcome: 2, records: [] }, at(6))
    expect(await new UnitStore(dir).find('b')).toMatchObject({ outcome: 2, records: [] })
  })

  test('goes on from the newest whole checkpoint, with the records up to it', async () => {
    const dir = fresh()
    const store = new UnitStore(dir)
    await store.checkpoint('a', { at: 1 }, records.slice(0, 1), at(5))
    await store.checkpoint('a', { at: 2 }, records.slice(1), at(7))
    const saved = (unit: string) => new UnitStore(dir).saved(unit)
    expect(await saved('c')).toBe(undefined)
    expect(await new UnitStore(dir).recorded('a')).toBe(3)
    expect(await new UnitStore(dir).recorded('c')).toBe(0)
    const file = join(dir, 'outcomes', readdirSync(join(dir, 'outcomes'))[0])
    appendFileSync(file, '{"step":4}\nhalf a li')
    expect(await saved('a')).toEqual({ state: { at: 2 }, records })
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(3)
    // Two of the newest's three records are lost: the older checkpoint's one is whole.
    writeFileSync(file, '{"step":1}\n')
    expect(await saved('a')).toEqual({ state: { at: 1 }, records: records.slice(0, 1) })
  })

  test('numbers checkpoints on, in a process that comes later: no newest one is written over', async () => {
    const dir = fresh()
    const store = new UnitStore(dir)
    for (const step of [1, 2, 3]) await store.checkpoint('a', step, [], at(step))
    const names = () => readdirSync(join(dir, 'checkpoints')).sort()
    expect(names()).toEqual(['checkpoint-000002.json', 'checkpoint-000003.json'])
    const later = new UnitStore(dir)
    expect(await later.saved('a')).toEqual({ state: 3, records: [] })
    await later.checkpoint('a', 4, [], at(4))
    expect(names()).toEqual(['checkpoint-000003.json', 'checkpoint-000004.json'])
    expect(await new UnitStore(dir).saved('a')).toEqual({ state: 4, records: [] })
  })

  test('does not take records that have changed for those that were written', async () => {
    const dir = fresh()
    await new UnitStore(dir).finish({ key: 'a', digest: 'x', outcome: 1, records }, at(5))
    const file = join(dir, 'outcomes', 'a.jsonl')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"step":2', '"step":9'))
    expect(await new UnitStore(dir).find('a')).toBe(undefined)
    expect(await new UnitStore(dir).recorded('a')).toBe(0)
    expect(await new UnitStore(dir).keys()).toEqual(['a'])
  })

  test('counts the records of a checkpoint whose unit is under way, and those of one that is done', async () => {
    const dir = fresh()
    const store = new UnitStore(dir)
    await store.checkpoint('a', 1, records, at(5))
    await store.checkpoint('b/1', 1, records.slice(0, 1), at(6))
    await store.finish({ key: 'a', digest: 'x', outcome: 1, records: [{ step: 4 }] }, at(7))
    const later = new UnitStore(dir)
    expect([await later.recorded('a'), await later.recorded('b/1')]).toEqual([4, 1])
    expect((await later.find('a'))?.records).toEqual([...records, { step: 4 }])
  })

  test('refuses a key that another could be taken for', async () => {
    const done = { key: 'a@1', digest: 'x', outcome: 1, records: [] }
    await expect(new UnitStore(fresh()).finish(done, at(1))).rejects.toThrow("a unit's key has an @: a@1")
  })

  test('forgets the checkpoints of a unit that is done, and those of no other', async () => {
    const dir = fresh()
    const store = new UnitStore(dir)
    await store.checkpoint('a', 1, [], at(5))
    await store.checkpoint('b', 2, [], at(6))
    // Damaged: whose it is can't be told.
    writeFileSync(join(dir, 'checkpoints', 'checkpoint-000000.json'), 'no checkpoint')
    await store.finish({ key: 'a', digest: 'x', outcome: 1, records: [] }, at(7))
    expect(await new UnitStore(dir).saved('a')).toBe(undefined)
    expect(await new UnitStore(dir).saved('b')).toEqual({ state: 2, records: [] })
  })

  test('tries failures again, and keeps the rest', async () => {
    const dir = fresh()
    const store = new UnitStore(dir)
    await store.finish({ key: 'a', digest: 'x', outcome: 1, records: [] }, at(5))
    await store.finish({ key: 'b', digest: 'y', outcome: undefined, failure: 'why', records: [] }, at(6))
    await store.forgetFailures()
    expect(await store.keys()).toEqual(['a'])
  })

  test('knows how far the log went that led there', async () => {
    const dir = fresh()
    const store = new UnitStore(dir)
    expect(await store.reached('events.jsonl')).toBe(0)
    await store.finish({ key: 'a', digest: 'x', outcome: 1, records: [] }, at(50))
    await store.finish({ key: 'b', digest: 'x', outcome: 1, records: [] }, at(20))
    await store.checkpoint('c', 1, records, at(70))
    await store.checkpoint('d', 1, [], at(900, 'another.jsonl'))
    expect(await store.reached('events.jsonl')).toBe(70)
    expect(await store.reached('another.jsonl')).toBe(900)
    // Of a checkpoint whose records are lost it is not known what led there, nor of a damaged one.
    writeFileSync(join(dir, 'outcomes', 'c.jsonl'), '')
    writeFileSync(join(dir, 'checkpoints', 'checkpoint-000000.json'), 'no checkpoint')
    expect(await store.reached('events.jsonl')).toBe(50)
  })
})

describe('performAll', () => {
  /** Units that take turns; how many are under way at once, and what was asked. */
  async function performed(count: number, atOnce: number, tolerant = true) {
    let underWay = 0
    let most = 0
    const asked: unknown[] = []
    const perform = async ({ key }: Unit<string>, mayFail: boolean) => {
      asked.push([key, mayFail])
      most = Math.max(most, ++underWay)
      await new Promise(resolve => setTimeout(resolve, key === 'unit 0' ? 5 : 1))
      underWay--
      return { key, digest: '', outcome: `done ${key}`, records: [] }
    }
    const units = Array.from({ length: count }, (_, i) => ({ key: `unit ${i}` }) as Unit<string>)
    const running = { perform, atOnce } as unknown as Running
    const done = await performAll(running, units, tolerant)
    return { done: done.map(({ outcome }) => outcome), most, asked }
  }

  test('does every unit once, in order, as many at once as there is room for', async () => {
    const { done, most, asked } = await performed(7, 3)
    const numbers = Array.from({ length: 7 }, (_, i) => i)
    expect(done).toEqual(numbers.map(i => `done unit ${i}`))
    expect(asked).toEqual(numbers.map(i => [`unit ${i}`, true]))
    expect(most).toBe(3)
  })

  test('needs no more than there are units', async () => {
    expect(await performed(2, 5, false)).toMatchObject({
      most: 2,
      asked: [
        ['unit 0', false],
        ['unit 1', false],
      ],
    })
    expect((await performed(0, 5)).done).toEqual([])
  })
})

test('progress is for the moment: neither steps, nor clips, nor the plan of what is left are kept', () => {
  const plan = { type: 'plan', phases: [], seconds: { least: 0, most: 0 }, metric: 'x' }
  const kept = (event: object) => isRecorded(event as RunEvent)
  expect(kept(plan)).toBe(true)
  expect(kept({ ...plan, resumed: true })).toBe(false)
  expect(kept({ type: 'step', run: 'a', step: 1, of: 2 })).toBe(false)
  expect(kept({ type: 'clips', done: 1, total: 2 })).toBe(false)
  expect(kept({ type: 'done', hash: 'x' })).toBe(true)
  expect(kept({ type: 'notice', message: 'x' })).toBe(true)
})

test('seconds of phases and of steps', () => {
  const phase = (runs: readonly [number, number], seconds: readonly [number, number]) =>
    ({
      runs: { least: runs[0], most: runs[1] },
      seconds: { least: seconds[0], most: seconds[1] },
    }) as Phase
  expect(totalOf([phase([1, 2], [10, 20]), phase([3, 3], [1, 100])])).toEqual({ least: 13, most: 340 })
  const counts: PerKind = { full: 1, head: 2, statistics: 3, evaluation: 4, headEvaluation: 5 }
  const seconds: PerKind = { full: 1, head: 10, statistics: 100, evaluation: 1000, headEvaluation: 10_000 }
  expect(secondsOf(counts, seconds)).toBe(54_321)
})

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { begin } from '../../../src/runner/runs/drive.ts'
import { concluded } from '../../../src/runner/runs/job.ts'
import { type Toy, toyHooks, toyJob } from '../../support/toy-job.ts'
import { fresh, goOn, linesOf, run, stoppedAt, timeless } from './driven.ts'

/** Several processes do its runs: it goes on with one of the same seed. */
const shared = (toy: Toy = {}): ReturnType<typeof toyJob> => ({
  ...toyJob(toy),
  joins: async (begun, { seed, shard }) => (begun.seed === seed ? { ...begun, shard } : undefined),
})

describe('of a kind whose runs several processes do', () => {
  test('the same run is gone on with where it stands, and a finished one told again', async () => {
    const dir = await stoppedAt('b/1', 2)
    const steps: string[] = []
    const toy: Toy = { onStep: (unit, step) => void steps.push(`${unit} ${step}`) }
    const first = concluded(await begin(shared(toy), { out: dir }, toyHooks()))
    expect(steps).toEqual(['b/1 2', 'b/1 3'])
    const again = await begin(shared(toy), { out: dir }, toyHooks())
    expect(again).toEqual({ dir, summary: first })
    expect(steps).toHaveLength(2)
  })

  test('another one, another kind’s, an edited one, or other files are refused', async () => {
    const dir = await stoppedAt('b/1', 2)
    await expect(begin(shared(), { out: dir, seed: 2 }, toyHooks())).rejects.toMatchObject({
      code: 'run.exists',
    })
    const other = { ...shared(), id: 'counting' }
    await expect(begin(other, { out: dir }, toyHooks())).rejects.toMatchObject({ code: 'run.exists' })
    const path = join(dir, 'config.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"steps": 4', '"steps": 5'))
    await expect(begin(shared(), { out: dir }, toyHooks())).rejects.toMatchObject({ code: 'run.edited' })
    const files = await mkdtemp(join(tmpdir(), 'layergym-test-'))
    writeFileSync(join(files, 'thesis.tex'), 'years of work')
    await expect(begin(shared(), { out: files }, toyHooks())).rejects.toMatchObject({ code: 'run.exists' })
  })

  test('one that another process began meanwhile is gone on with too; of other kinds it is refused', async () => {
    const steps: string[] = []
    const toy: Toy = { onStep: (unit, step) => void steps.push(`${unit} ${step}`) }
    const late = async (kind: ReturnType<typeof toyJob>) => {
      const dir = await fresh()
      const prepare: typeof kind.prepare = async (...given) => {
        await run(dir)
        return kind.prepare(...given)
      }
      return begin({ ...kind, prepare }, { out: dir }, toyHooks())
    }
    expect(concluded(await late(shared(toy))).sums).toEqual([10, 10])
    expect(steps).toEqual([])
    await expect(late(toyJob(toy))).rejects.toMatchObject({ code: 'run.exists' })
  })

  test('is overwritten where that is asked for', async () => {
    const dir = await stoppedAt('b/1', 2)
    const steps: string[] = []
    const toy: Toy = { onStep: (unit, step) => void steps.push(`${unit} ${step}`) }
    await begin(shared(toy), { out: dir, overwrite: true }, toyHooks())
    expect(steps).toHaveLength(8)
  })
})

test('a part has a log of its own, and leaves what others have half-written; the whole clears that away', async () => {
  const half = 'summary.json.0c9e5c1e-5f52-4f0c-9f0e-4a1d8a0e7a11.partial'
  const dir = await stoppedAt('b/1', 2, { shard: '1/2' })
  expect(existsSync(join(dir, 'events.jsonl'))).toBe(false)
  const before = timeless(linesOf(dir, 'events-1-of-2.jsonl'))
  // Everybody's configuration has no part in it.
  expect(JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'))).not.toHaveProperty('shard')
  writeFileSync(join(dir, half), '{')
  const stop = Object.assign(new Error('killed'), { syscall: 'kill' })
  const seen: boolean[] = []
  const toy: Toy = {
    onStep: (_, step) => {
      seen.push(existsSync(join(dir, half)))
      if (step === 3) throw stop
    },
  }
  await expect(begin(shared(toy), { out: dir, shard: '2/2' }, toyHooks())).rejects.toBe(stop)
  expect(existsSync(join(dir, 'events-2-of-2.jsonl'))).toBe(true)
  await expect(goOn(dir, toy)).rejects.toBe(stop)
  expect(seen).toEqual([true, true, false])
  expect(timeless(linesOf(dir, 'events-1-of-2.jsonl'))).toEqual(before)
})

test('figures are written beside the log where they are asked for, but for what the kind writes itself', async () => {
  const names = async (log: readonly string[], more: object = {}) => {
    const dir = await fresh()
    const kind = toyJob()
    const schema = kind.schema.extend({ log: z.array(z.string()) })
    const logging = {
      ...{ ...kind, schema, ...more },
      prepare: async (...given: Parameters<typeof kind.prepare>) => {
        const plan = await kind.prepare(...given)
        const work: typeof plan.work = async running => {
          running.emit({ type: 'figures', step: 1, figures: {} })
          running.emit({ type: 'evaluation', point: { step: 3, meanReturn: 2, stdReturn: 1 } as never }, 'a')
          return plan.work(running)
        }
        return { ...plan, work }
      },
    }
    await begin(logging, { out: dir, log }, toyHooks())
    return { dir, names: readdirSync(dir).filter(name => /figures|tensorboard/.test(name)) }
  }
  const { dir, names: both } = await names(['csv', 'tensorboard'])
  expect(both.sort()).toEqual(['figures.csv', 'tensorboard'])
  const rows = readFileSync(join(dir, 'figures.csv'), 'utf8').trimEnd().split('\n')
  expect(rows.slice(1).map(row => row.replace(/^[^,]*,/, ''))).toEqual([
    'a,evaluation/meanReturn,3,2',
    'a,evaluation/stdReturn,3,1',
  ])
  expect((await names(['csv'])).names).toEqual(['figures.csv'])
  expect((await names(['tensorboard'])).names).toEqual(['tensorboard'])
  expect((await names(['csv', 'tensorboard'], { writesTensorBoard: true })).names).toEqual(['figures.csv'])
  expect((await names([])).names).toEqual([])
})

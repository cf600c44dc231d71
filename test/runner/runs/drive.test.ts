import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { begin, resume } from '../../../src/runner/runs/drive.ts'
import { concluded } from '../../../src/runner/runs/job.ts'
import { type Toy, type ToySummary, toyHooks, toyJob } from '../../support/toy-job.ts'

const fresh = async () => join(await mkdtemp(join(tmpdir(), 'layergym-test-')), 'run')

async function run(dir: string, toy: Toy = {}, values: object = {}): Promise<ToySummary> {
  return concluded(await begin(toyJob(toy), { out: dir, ...values }, toyHooks()))
}

const goOn = async (dir: string, toy: Toy = {}, hooks = toyHooks()) =>
  concluded(await resume(toyJob(toy), dir, hooks))

interface Line {
  readonly seq: number
  readonly time: string
  readonly unit?: string
  readonly type: string
  readonly message?: string
}

function linesOf(dir: string, name = 'events.jsonl'): readonly Line[] {
  const text = readFileSync(join(dir, name), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
}

const timeless = (lines: readonly Line[]) => lines.map(({ time: _, ...line }) => line)

/** Begins one that stops at that step, by an error that no unit is to blame for, as a kill would: nothing is tidied. */
async function stoppedAt(unit: string, step: number, values: object = {}) {
  const dir = await fresh()
  const stop = Object.assign(new Error('killed'), { syscall: 'kill' })
  const toy = {
    onStep: (key: string, at: number) => {
      if (key === unit && at === step) throw stop
    },
  }
  await expect(run(dir, toy, values)).rejects.toBe(stop)
  return dir
}

describe('a run', () => {
  test('has its config with its kind, what it comes from, events, outcomes, a report and last its summary', async () => {
    const dir = await fresh()
    const summary = await run(dir)
    expect(readdirSync(dir).sort()).toEqual([
      'checkpoints',
      'config.json',
      'events.jsonl',
      'outcomes',
      'report.html',
      'run.json',
      'summary.json',
    ])
    expect(JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'))).toMatchObject({ kind: 'toy', seed: 1 })
    expect(JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8'))).toMatchObject({
      engine: 'abacus',
      versions: { layergym: '1' },
      fingerprints: { data: 'clips' },
    })
    expect(JSON.parse(readFileSync(join(dir, 'summary.json'), 'utf8'))).toEqual({ ...summary, runDir: '.' })
    expect(summary).toMatchObject({ sums: [10, 10], hash: expect.stringMatching(/^[\da-f]{64}$/) })
    expect(await goOn(dir)).toEqual(summary)
  })

  test('records every event with its number, the time and the unit; a notice once a unit, and tells it once', async () => {
    const dir = await fresh()
    const hooks = toyHooks()
    await begin(toyJob(), { out: dir }, hooks)
    const lines = linesOf(dir)
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1))
    for (const { time } of lines) expect(new Date(time).toISOString()).toBe(time)
    expect(lines[0]).toMatchObject({ type: 'notice', message: 'prepared' })
    expect(lines[0]).not.toHaveProperty('unit')
    const said = lines.filter(({ message }) => message === 'everybody says so')
    expect(said.map(({ unit }) => unit)).toEqual(['a/1', 'b/1'])
    expect(hooks.told.filter(message => message === 'everybody says so')).toHaveLength(1)
    expect(lines.at(-1)).toMatchObject({ type: 'done' })
  })

  test('has the hash of its settings, wherever it lies and whenever it ran; another seed has another', async () => {
    const one = await run(await fresh())
    expect((await run(await fresh())).hash).toBe(one.hash)
    expect((await run(await fresh(), {}, { seed: 2 })).hash).not.toBe(one.hash)
  })

  test('stands from its first second on what it comes from', async () => {
    const dir = await fresh()
    let there: readonly string[] = []
    const toy = {
      onStep: (key: string, step: number) => {
        if (key === 'a/1' && step === 0) there = readdirSync(dir)
      },
    }
    await run(dir, toy)
    expect(there).toEqual(expect.arrayContaining(['config.json', 'run.json', 'events.jsonl']))
  })

  test('of another kind, or of a kind that is not known, is refused', async () => {
    const dir = await fresh()
    const values = { out: dir, kind: 'study' }
    await expect(begin(toyJob(), values, toyHooks())).rejects.toMatchObject({
      code: 'config.kind',
      exitCode: 2,
    })
    expect(existsSync(dir)).toBe(false)
  })
})

describe('interrupted anywhere and resumed', () => {
  const moments = ['a/1', 'b/1'].flatMap(unit => [0, 1, 2, 3].map(step => [unit, step] as const))
  test.each(moments)('in %s, step %i: the same end, the same events', async (unit, step) => {
    const whole = await fresh()
    const expected = await run(whole)
    const dir = await stoppedAt(unit, step)
    appendFileSync(join(dir, 'events.jsonl'), '{"seq":99,"ty')
    if (existsSync(join(dir, 'outcomes'))) appendFileSync(join(dir, 'outcomes', 'b@1.jsonl'), '{"half')
    const { hash, sums } = await goOn(dir)
    expect({ hash, sums }).toEqual({ hash: expected.hash, sums: expected.sums })
    expect(timeless(linesOf(dir))).toEqual(timeless(linesOf(whole)))
  })

  test('to its end is told again, and nothing in it is written', async () => {
    const dir = await fresh()
    const summary = await run(dir)
    writeFileSync(join(dir, 'report.html'), 'read already')
    expect(await goOn(dir)).toEqual(summary)
    expect(readFileSync(join(dir, 'report.html'), 'utf8')).toBe('read already')
  })

  test('is prepared with what it has come to: a new run with nothing', async () => {
    const told: unknown[] = []
    const telling = (kind: ReturnType<typeof toyJob>): typeof kind => ({
      ...kind,
      async prepare(config, context) {
        const { begun, given } = context
        const records = await Promise.all(['a/1', 'b/1'].map(unit => begun?.records(unit)))
        told.push({ begun: begun && { dir: begun.dir, done: begun.done }, records, seed: given.seed })
        return kind.prepare(config, context)
      },
    })
    const dir = await stoppedAt('b/1', 2)
    await resume(telling(toyJob()), dir, toyHooks())
    await begin(telling(toyJob()), { out: await fresh() }, toyHooks())
    const none = { begun: undefined, records: [undefined, undefined], seed: undefined }
    expect(told).toEqual([{ begun: { dir, done: ['a/1'] }, records: [4, 2], seed: 1 }, none])
    const killed = await stoppedAt('a/1', 0)
    rmSync(join(killed, 'run.json'))
    await resume(telling(toyJob()), killed, toyHooks())
    expect(told[2]).toEqual({ ...none, seed: 1 })
  })

  test('what is done is not done again', async () => {
    const dir = await stoppedAt('b/1', 2)
    const steps: string[] = []
    await goOn(dir, { onStep: (unit, step) => void steps.push(`${unit} ${step}`) })
    expect(steps).toEqual(['b/1 2', 'b/1 3'])
  })

  test('with a checkpoint cut short it goes on from the one before', async () => {
    const dir = await stoppedAt('a/1', 3)
    const names = readdirSync(join(dir, 'checkpoints'))
      .filter(name => name.startsWith('checkpoint-'))
      .sort()
    expect(names).toHaveLength(2)
    const newest = join(dir, 'checkpoints', names[1])
    writeFileSync(newest, readFileSync(newest, 'utf8').slice(0, 20))
    const steps: number[] = []
    const { sums } = await goOn(dir, { onStep: (unit, step) => void (unit === 'a/1' && steps.push(step)) })
    expect([steps, sums]).toEqual([
      [2, 3],
      [10, 10],
    ])
  })

  test.each([
    [{ data: 'other clips' }, /this has changed: the clips\. .*put it back, or start a new one/],
    [{ engine: 'slide rule' }, /the engine, from abacus to slide rule/],
    [
      { arithmetic: 'fused' } as const,
      /the arithmetic of agents' networks, from others \(rounded\) to others \(fused\)/,
    ],
  ])('not where %j: it is refused, and nothing is touched', async (toy, message) => {
    const dir = await stoppedAt('b/1', 2)
    const before = readFileSync(join(dir, 'events.jsonl'), 'utf8')
    await expect(goOn(dir, toy)).rejects.toMatchObject({ code: 'resume.changed', exitCode: 2 })
    await expect(goOn(dir, toy)).rejects.toThrow(message)
    expect(readFileSync(join(dir, 'events.jsonl'), 'utf8')).toBe(before)
    expect((await goOn(dir)).sums).toEqual([10, 10])
  })

  test('with other software it goes on, and says so', async () => {
    const dir = await stoppedAt('a/1', 1)
    const path = join(dir, 'run.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"layergym": "1"', '"layergym": "0"'))
    const hooks = toyHooks()
    await goOn(dir, {}, hooks)
    expect(hooks.told).toContain('this run began with other software (layergym 0, now 1): its end may differ')
  })

  test('killed while its folder was made, it begins', async () => {
    const dir = await stoppedAt('a/1', 0)
    rmSync(join(dir, 'run.json'))
    rmSync(join(dir, 'events.jsonl'))
    const whole = await fresh()
    const expected = await run(whole)
    expect((await goOn(dir)).hash).toBe(expected.hash)
    expect(timeless(linesOf(dir))).toEqual(timeless(linesOf(whole)))
  })
})

test('a unit that fails is an outcome with its cause; the others go on, and a resume tries it again', async () => {
  const dir = await fresh()
  const { sums, failed } = await run(dir, { fails: 'a/1' })
  expect({ sums, failed }).toEqual({ sums: [10], failed: [{ unit: 'a/1', cause: 'out of beads' }] })
  expect(linesOf(dir)).toContainEqual(
    expect.objectContaining({ type: 'failed', unit: 'a/1', key: 'a/1', cause: 'out of beads' }),
  )
  const again = await goOn(dir)
  expect(again).toMatchObject({ sums: [10, 10], failed: [] })
  expect(again.hash).toBe((await run(await fresh())).hash)
})

test('a second process is refused and told who has it', async () => {
  const dir = await fresh()
  let refused: unknown
  const toy = {
    onStep: (unit: string, step: number) => {
      if (unit === 'a/1' && step === 1) refused = goOn(dir).catch(error => error)
    },
  }
  const { sums } = await run(dir, toy)
  expect(sums).toEqual([10, 10])
  expect(await refused).toMatchObject({
    code: 'run.busy',
    exitCode: 2,
    message: expect.stringMatching(new RegExp(`process ${process.pid} on .* works on .*: wait for its end`)),
  })
  expect(readdirSync(dir).filter(name => name.startsWith('lock'))).toEqual([])
})

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

test('a run that is under way is not overwritten', async () => {
  const dir = await fresh()
  let refused: unknown
  const toy = {
    onStep: (unit: string, step: number) => {
      if (unit === 'a/1' && step === 1) refused = run(dir, {}, { overwrite: true }).catch(error => error)
    },
  }
  expect((await run(dir, toy)).sums).toEqual([10, 10])
  expect(await refused).toMatchObject({ code: 'run.busy' })
})

test('what is written grows with the steps, and a checkpoint not at all', async () => {
  const sizes = async (steps: number) => {
    const dir = await fresh()
    let written = 0
    let largest = 0
    const count = (folder: string) => {
      for (const name of readdirSync(join(dir, folder))) {
        if (!/^checkpoint-\d+\.json$/.test(name)) continue
        const { size } = statSync(join(dir, folder, name))
        written += size / 2
        largest = Math.max(largest, size)
      }
    }
    await run(dir, { onStep: (_, step) => void (step > 1 && count('checkpoints')) }, { steps })
    return { written: written + statSync(join(dir, 'outcomes', 'a@1.jsonl')).size, largest }
  }
  const [few, many] = [await sizes(25), await sizes(150)]
  expect(many.largest).toBeLessThan(few.largest + 30)
  expect(many.written / few.written).toBeLessThan(8)
})

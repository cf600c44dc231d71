import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { begin, resume } from '../../../src/runner/runs/drive.ts'
import { toyHooks, toyJob } from '../../support/toy-job.ts'
import { fresh, goOn, linesOf, run, stoppedAt, timeless } from './driven.ts'

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

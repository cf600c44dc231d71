import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concatMap, map, take, tap, throwError } from 'rxjs'
import { afterAll, describe, expect, test } from 'vitest'
import {
  evaluateEvery,
  eventsOf,
  loadPolicy,
  type RunEvent,
  resumeTraining,
  schedule,
  stopWhen,
  type TrainEvent,
  type TrainListener,
  train,
} from '../../../src/index.ts'
import { inCode } from '../../../src/runner/code/hooks.ts'
import { courseOf, parseSchedule } from '../../../src/runner/jobs/train/schedule.ts'
import { readEvents } from '../runs/tensorboard-reader.ts'

const root = mkdtempSync(join(tmpdir(), 'layergym-listeners-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0
const out = () => join(root, String(++count))

const quiet = { onEvent: () => undefined }
const small = {
  env: 'Bandit-v0',
  steps: 400,
  evalEpisodes: 10,
  agentConfig: { numSteps: 40 },
  envs: 1,
} as const

function boardOf(dir: string) {
  const [file] = readdirSync(join(dir, 'tensorboard'))
  return readEvents(readFileSync(join(dir, 'tensorboard', file)))
}

describe('what a run emits', () => {
  test('rollouts, episodes, updates, evaluations and checkpoints, in order and in full', async () => {
    const events: TrainEvent[] = []
    let completed = false
    const listener: TrainListener = {
      listen: run =>
        run.events$.pipe(tap({ next: event => events.push(event), complete: () => (completed = true) })),
    }
    const summary = await train(
      { ...small, evalEvery: 100, checkpointEvery: 200, listeners: [listener], out: out() },
      quiet,
    )
    const steps = (type: string) => events.filter(event => event.type === type).map(({ step }) => step)
    expect(steps('rollout')).toEqual([40, 80, 120, 160, 200, 240, 280, 320, 360, 400])
    expect(steps('update')).toEqual(steps('rollout'))
    expect(steps('evaluation')).toEqual([120, 200, 320])
    expect(steps('checkpoint')).toEqual([200, 400])
    expect(steps('episode')).toHaveLength(summary.episodes)
    expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['rollout', 'episode'])
    expect(events.findLast(({ type }) => type === 'update')).toMatchObject({
      update: 10,
      report: { epochs: 10 },
    })
    expect(completed).toBe(true)
  })

  test('who only listens changes nothing: the hash is the same', async () => {
    const listener: TrainListener = { listen: run => run.events$.pipe(concatMap(() => Promise.resolve())) }
    const alone = await train({ ...small, out: out() }, quiet)
    const heard = await train({ ...small, listeners: [listener], out: out() }, quiet)
    expect(heard.hash).toBe(alone.hash)
  })
})

describe('steering', () => {
  test('evaluations are awaited, the best is kept, and a stop ends the run after its update', async () => {
    const listener: TrainListener = {
      listen: run =>
        eventsOf(run, 'update').pipe(
          take(3),
          concatMap(() => run.evaluate(4)),
          map(({ step, returns }) => {
            expect(returns).toHaveLength(4)
            if (step === 120) run.stop('enough')
          }),
        ),
    }
    const summary = await train({ ...small, listeners: [listener], out: out() }, quiet)
    expect(summary).toMatchObject({
      steps: 120,
      notes: [expect.stringContaining('120 of 400 steps: enough')],
    })
    expect(summary.evaluations.map(({ step }) => step)).toEqual([40, 80, 120])
    const best = await loadPolicy(summary.best?.policy ?? '')
    const { meanReturn } = await best.evaluate({ episodes: 4 })
    expect(meanReturn).toBe(summary.best?.meanReturn)
    best.dispose()
  })

  test('flags and listeners are one thing', async () => {
    const flags = { evalEvery: 100, stopAt: 0.5, schedule: 'clip=linear:0.3..0.1' }
    const byFlags = await train({ ...small, ...flags, out: out() }, quiet)
    const listeners = [
      schedule('clip', progress => 0.3 + progress * (0.1 - 0.3)),
      evaluateEvery(100),
      stopWhen({ stopAt: 0.5 }),
    ]
    const byListeners = await train({ ...small, listeners, out: out() }, quiet)
    expect(byListeners.hash).toBe(byFlags.hash)
    expect(byListeners.evaluations).toEqual(byFlags.evaluations)
  })

  test('a setting that changes is in the hash, even where nothing came of it', async () => {
    const hashOf = async (value: number | undefined) => {
      const listeners = value === undefined ? [] : [schedule('targetKl', () => value)]
      return (await train({ ...small, listeners, out: out() }, quiet)).hash
    }
    const hashes = [await hashOf(undefined), await hashOf(1e6), await hashOf(2e6), await hashOf(2e6)]
    expect(new Set(hashes).size).toBe(3)
    expect(hashes[3]).toBe(hashes[2])
  })

  test.each([
    ['ppo', { numSteps: 50 }],
    ['dqn', { learningStarts: 20 }],
    ['reinforce', {}],
  ])('the learning rate of %s falls as its schedule says', async (agent, agentConfig) => {
    const rates: number[] = []
    const base = { env: 'Bandit-v0', agent, steps: 200, evalEpisodes: 1, agentConfig, envs: 1 }
    const plain = await train({ ...base, out: out() }, quiet)
    const scheduled = await train(
      { ...base, schedule: 'learning-rate=linear:0.01..0', logEvery: 1, out: out() },
      { onEvent: event => void (event.type === 'point' && rates.push(event.point.report.learningRate)) },
    )
    expect(scheduled.hash).not.toBe(plain.hash)
    const told = rates.filter(Number.isFinite)
    if (agent === 'reinforce') return
    expect(told.length).toBeGreaterThan(0)
    expect(told.at(-1)).toBeLessThan(0.01)
    expect(told).toEqual(told.toSorted((a, b) => b - a))
  })

  test('interrupted and resumed with its listeners, a run ends as it would have', async () => {
    const counting = (): TrainListener => {
      let seen = 0
      return {
        listen: run =>
          eventsOf(run, 'update').pipe(
            tap(() => {
              seen++
              run.adjust({ entropyCoefficient: seen / 100 })
              run.log({ 'mine/seen': seen })
              if (seen === 7) run.stop('seven')
            }),
          ),
        state: () => ({ seen }),
        restore: state => {
          seen = (state as { seen: number }).seen
        },
      }
    }
    const options = { ...small, logEvery: 40, checkpointEvery: 80 }
    const [whole, cut] = [out(), out()]
    const expected = await train({ ...options, listeners: [counting()], out: whole }, quiet)
    expect(expected.steps).toBe(280)
    const controller = new AbortController()
    let now = 0
    const hooks = {
      signal: controller.signal,
      clock: () => {
        now += 60
        return now
      },
      onEvent: (event: RunEvent) =>
        void (event.type === 'point' && event.point.step === 120 && controller.abort()),
    }
    await expect(train({ ...options, listeners: [counting()], out: cut }, hooks)).rejects.toThrow(
      'interrupted',
    )
    await expect(resumeTraining(cut, {}, quiet)).rejects.toThrow(/1 listeners .* resumeTraining/)
    const resumed = await resumeTraining(cut, { listeners: [counting()] }, quiet)
    expect(resumed).toMatchObject({ hash: expected.hash, notes: expected.notes, steps: 280 })
    const seen = (dir: string) => boardOf(dir).flatMap(({ values }) => values['mine/seen'] ?? [])
    expect(seen(cut)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(seen(whole)).toEqual(seen(cut))
  })
})

describe('own figures and artefacts', () => {
  test('go into TensorBoard, the events and the run folder, and the folder can be overwritten', async () => {
    const dir = out()
    const listener: TrainListener = {
      listen: run =>
        eventsOf(run, 'rollout').pipe(
          take(1),
          concatMap(({ rollout, step }) => {
            run.log({ 'mine/rewards': rollout.trajectories.length })
            return run.write('first.json', JSON.stringify({ step }))
          }),
        ),
    }
    await train({ ...small, listeners: [listener], out: dir }, quiet)
    expect(JSON.parse(readFileSync(join(dir, 'artefacts', 'first.json'), 'utf8'))).toEqual({ step: 40 })
    expect(boardOf(dir).some(({ values }) => values['mine/rewards'] > 0)).toBe(true)
    const events = readFileSync(join(dir, 'events.jsonl'), 'utf8')
    expect(events).toContain('"type":"figures","step":0,"figures":{"mine/rewards"')
    await train({ ...small, evalEvery: 100, overwrite: true, out: dir }, quiet)
    expect(existsSync(join(dir, 'artefacts'))).toBe(false)
    await train({ ...small, overwrite: true, out: dir }, quiet)
    expect(existsSync(join(dir, 'best-policy.json'))).toBe(false)
  })
})

describe('what is wrong is said', () => {
  const failing = (listen: TrainListener['listen']) =>
    train({ ...small, listeners: [{ listen }], out: out() }, quiet)

  test('an error of a listener ends the run', async () => {
    await expect(failing(() => throwError(() => new Error('mine')))).rejects.toThrow('mine')
    await expect(failing(run => run.events$.pipe(tap(() => run.adjust({ numSteps: 3 }))))).rejects.toThrow(
      /'numSteps' can't change .*learningRate/,
    )
    await expect(failing(run => run.events$.pipe(tap(() => run.log({ a: Number.NaN }))))).rejects.toThrow(
      /'a' is NaN/,
    )
    await expect(failing(run => run.events$.pipe(concatMap(() => run.write('../x', ''))))).rejects.toThrow(
      /can't be called '..\/x'/,
    )
    await expect(
      failing(run => void run.hold(Promise.reject(new Error('held'))) as undefined),
    ).rejects.toThrow('held')
  })

  test.each([
    ['ppo', 'learningRate', /setting=shape.*not 'learningRate'/],
    ['ppo', 'learningRate=square', /linear, cosine, exponential/],
    ['ppo', 'learningRate=exponential', /exponential:/],
    ['ppo', 'hidden=linear:1..2', /'hidden' can't change/],
    ['ppo', 'clip=linear:0.2..-1', /'clip' can't become -1/],
    ['ppo', 'targetKl=linear', /has no value to begin with/],
    ['random', 'learningRate=linear:1..0', /no setting that can change/],
  ])('%s, --schedule %s', async (agent, text, message) => {
    const dir = out()
    const options = { env: 'Bandit-v0', agent, steps: 100, schedule: text, out: dir }
    await expect(train(options, quiet)).rejects.toThrow(message)
    expect(existsSync(dir)).toBe(false)
  })
})

test('courses', () => {
  const course = (text: string, value?: number) => {
    const at = courseOf(parseSchedule(text), value)
    return [0, 0.5, 1].map(progress => Number(at(progress).toPrecision(6)))
  }
  expect(course('clip=linear', 0.2)).toEqual([0.2, 0.1, 0])
  expect(course('a-b=cosine:1..0')).toEqual([1, 0.5, 0])
  expect(course('a=exponential:1e-2..1e-4')).toEqual([0.01, 0.001, 0.0001])
  expect(parseSchedule('learning-rate=linear').setting).toBe('learningRate')
})

test('work in code is told once it takes over two seconds, and only where nobody else hears it', () => {
  let now = 0
  let text = ''
  const { onEvent } = inCode({ clock: () => now }, words => {
    text += words
  })
  onEvent({ type: 'notice', message: 'early' })
  now = 2500
  onEvent({ type: 'notice', message: 'late' })
  expect(text).toBe('late\n')
  const own = () => undefined
  expect(inCode({ onEvent: own }).onEvent).toBe(own)
})

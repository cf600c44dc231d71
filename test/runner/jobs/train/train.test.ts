import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { decodeVideo } from '../../../../src/data/video.ts'
import { classicEnvs } from '../../../../src/envs/classic/definitions.ts'
import { registerEnv } from '../../../../src/envs/registry.ts'
import { type TrainOptions, train } from '../../../../src/runner/code/train.ts'
import { trainJob } from '../../../../src/runner/jobs/train/job.ts'
import { loadTrainedPolicy } from '../../../../src/runner/jobs/train/policy.ts'
import { evaluatePolicy } from '../../../../src/runner/play/evaluate.ts'
import { resume } from '../../../../src/runner/runs/drive.ts'
import type { RunEvent } from '../../../../src/runner/runs/events.ts'
import { concluded } from '../../../../src/runner/runs/job.ts'
import { readEvents } from '../../runs/tensorboard-reader.ts'

const root = mkdtempSync(join(tmpdir(), 'layergym-train-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let runs = 0
const folder = () => join(root, `run-${runs++}`)
const quiet = {
  signal: new AbortController().signal,
  clock: () => performance.now(),
  onEvent: () => undefined,
}

const SMALL = { steps: 1200, evalEpisodes: 3 }
const CASES: readonly [string, TrainOptions][] = [
  ['ppo on CartPole', { env: 'CartPole-v1', agent: 'ppo', agentConfig: { numSteps: 256 } }],
  [
    'ppo on Pendulum, normalised',
    { env: 'Pendulum-v1', agent: 'ppo', normalize: 'observations,rewards', envs: 3 },
  ],
  ['dqn on CartPole', { env: 'CartPole-v1', agent: 'dqn', agentConfig: { learningStarts: 100 }, envs: 2 }],
  ['reinforce on the masked walk', { env: 'MaskedWalk-v0', agent: 'reinforce' }],
  ['ppo where there are no snapshots', { env: 'NoSnapshots-v1', agent: 'ppo', normalize: 'observations' }],
  [
    'ppo behind wrappers',
    { env: 'CartPole-v1', wrapper: ['time-aware', 'frame-stack=2'], agentConfig: { numSteps: 256 } },
  ],
  [
    'recurrent ppo, its memory with it',
    {
      env: 'CartPolePositions-v1',
      agent: 'recurrent-ppo',
      envs: 2,
      agentConfig: { numSteps: 250, units: 8, epochs: 2, sequenceLength: 16 },
    },
  ],
  [
    'sac on Pendulum',
    {
      env: 'Pendulum-v1',
      agent: 'sac',
      agentConfig: { hidden: [8], batchSize: 16, learningStarts: 50, trainFrequency: 4 },
    },
  ],
  ['random', { env: 'Acrobot-v1', agent: 'random' }],
  ['reinforce on Pendulum', { env: 'Pendulum-v1', agent: 'reinforce', steps: 2000 }],
  [
    'ppo on an engine',
    { env: 'CartPole-v1', agent: 'ppo', engine: 'wasm', agentConfig: { numSteps: 256, epochs: 1 } },
  ],
]
registerEnv('NoSnapshots-v1', {
  ...classicEnvs['CartPole-v1'],
  make(spec, options) {
    const env = classicEnvs['CartPole-v1'].make(spec, options as never)
    return Object.assign(env, { snapshot: undefined, restore: undefined })
  },
})

const withoutTime = (text: string) => text.replace(/"seconds":[\d.]+|"time":"[^"]+"/g, '')
const resumeTraining = async (dir: string, hooks: typeof quiet) =>
  concluded(await resume(trainJob(), dir, hooks))

describe.each(CASES)('%s', (_name, given) => {
  const values = (out: string, seed = 1) => ({ ...SMALL, ...given, out, seed })

  test('the same seed gives the same run, another seed another', async () => {
    const [a, b, c] = [folder(), folder(), folder()]
    const first = await train(values(a), quiet)
    const second = await train(values(b), quiet)
    expect(second.hash).toBe(first.hash)
    expect(second.evaluation).toEqual(first.evaluation)
    expect((await train(values(c, 2), quiet)).hash).not.toBe(first.hash)
    const events = [a, b].map(dir => withoutTime(readFileSync(join(dir, 'events.jsonl'), 'utf8')))
    expect(events[1]).toBe(events[0])
  })

  test('interrupted and resumed, it ends as if nothing had been', async () => {
    const [whole, cut] = [folder(), folder()]
    const expected = await train({ ...values(whole), logEvery: 100, checkpointEvery: 300 }, quiet)
    let interruptions = 0
    let result = await interruptedAt(450, hooks =>
      train({ ...values(cut), logEvery: 100, checkpointEvery: 300 }, hooks),
    )
    while (result === undefined && interruptions < 5) {
      interruptions++
      result = await interruptedAt(450 + 300 * interruptions, hooks => resumeTraining(cut, hooks))
    }
    expect(interruptions).toBeGreaterThan(0)
    expect(result?.hash).toBe(expected.hash)
    expect(result?.curve.map(({ seconds: _, ...point }) => point)).toEqual(
      expected.curve.map(({ seconds: _, ...point }) => point),
    )
    expect(withoutTime(readFileSync(join(cut, 'events.jsonl'), 'utf8'))).toBe(
      withoutTime(readFileSync(join(whole, 'events.jsonl'), 'utf8')),
    )
    const boards = [whole, cut].map(dir => boardOf(dir))
    expect(boards[1]).toEqual(boards[0])
    expect(
      boards[0].filter(({ values }) => 'train/loss' in values || 'rollout/ep_rew_mean' in values).length,
    ).toBeGreaterThan(0)
    expect(await resumeTraining(cut, quiet)).toEqual(result)
  })

  test('the saved policy plays as it was evaluated', async () => {
    const out = folder()
    const { evaluation } = await train(values(out), quiet)
    const { envs, agent, config } = await loadTrainedPolicy(join(out, 'policy.json'))
    const options = { agent, makeEnv: () => envs.evaluation(), episodes: 3, signal: quiet.signal }
    expect(await evaluatePolicy({ ...options, seed: config.seed })).toEqual(evaluation)
  })
})

/** What TensorBoard would show, but for times. */
function boardOf(dir: string) {
  const folder = join(dir, 'tensorboard')
  const files = readdirSync(folder)
  expect(files).toHaveLength(1)
  return readEvents(readFileSync(join(folder, files[0]))).map(({ step, values }) => ({
    step,
    values: { ...values, 'time/fps': 0 },
  }))
}

/** Ctrl-C once the run has told of that step; undefined where it was interrupted. */
async function interruptedAt<T>(
  step: number,
  work: (hooks: typeof quiet) => Promise<T>,
): Promise<T | undefined> {
  const controller = new AbortController()
  // A clock on which every look takes long: signals get their turn after each rollout.
  let now = 0
  const hooks = {
    signal: controller.signal,
    clock: () => {
      now += 60
      return now
    },
    onEvent: (event: RunEvent) => {
      if (event.type === 'point' && event.point.step >= step) controller.abort()
    },
  }
  return work(hooks as typeof quiet).catch(error => {
    if (error.kind !== 'interrupted') throw error
    return undefined
  })
}

describe('mistakes are refused before anything is written', () => {
  test.each([
    [{ env: 'CartPol-v1' }, /CartPole-v1/],
    [{ env: 'CartPole-v1', agent: 'pppo' }, /ppo/],
    [{ env: 'CartPole-v1', steps: 0 }, /'steps' can't be 0/],
    [{ env: 'CartPole-v1', agentConfig: { clipp: 1 } }, /'clip'/],
    [{ env: 'CartPole-v1', agentConfig: { clip: -1 } }, /'clip' can't be -1/],
    [{ env: 'CartPole-v1', envOptions: { renderMod: 'rgb' } }, /renderMode/],
    [{ env: 'Pendulum-v1', agent: 'dqn' }, /agent 'dqn' can't act here/],
    [{ env: 'FrozenLake-v1', normalize: 'observations' }, /no Box/],
    [{ env: 'CartPole-v1', normalize: 'reward' }, /normalize/],
    [{ step: 5, env: 'CartPole-v1' }, /steps/],
  ])('%j', async (given, message) => {
    const out = folder()
    await expect(train({ ...given, out }, quiet)).rejects.toThrow(message)
    expect(existsSync(out)).toBe(false)
  })

  test('a folder that exists', async () => {
    const out = folder()
    await train({ ...SMALL, env: 'Bandit-v0', out }, quiet)
    const before = readFileSync(join(out, 'summary.json'), 'utf8')
    await expect(train({ ...SMALL, env: 'Bandit-v0', out }, quiet)).rejects.toThrow(/exists already/)
    expect(readFileSync(join(out, 'summary.json'), 'utf8')).toBe(before)
    await train({ ...SMALL, env: 'Bandit-v0', out, seed: 2, overwrite: true }, quiet)
    expect(readFileSync(join(out, 'summary.json'), 'utf8')).not.toBe(before)
  })

  test('a policy in an environment of other spaces', async () => {
    const out = folder()
    await train({ ...SMALL, env: 'CartPole-v1', out }, quiet)
    const path = join(out, 'policy.json')
    await expect(loadTrainedPolicy(path, { id: 'Acrobot-v1' })).rejects.toThrow(/Acrobot-v1 has/)
    await expect(loadTrainedPolicy(join(out, 'config.json'))).rejects.toThrow(/not the policy/)
    await expect(loadTrainedPolicy(join(out, 'nothing.json'))).rejects.toThrow(/no policy at/)
  })
})

test('evaluations on the way change nothing of the run', async () => {
  const values = { ...SMALL, env: 'CartPole-v1', agent: 'dqn' }
  const plain = await train({ ...values, out: folder() }, quiet)
  const watched = await train({ ...values, out: folder(), evalEvery: 400, evalEpisodes: 20 }, quiet)
  expect(watched.hash).toBe(plain.hash)
  expect(watched.evaluations.map(({ step, episodes }) => [step, episodes])).toEqual([
    [400, 2],
    [800, 2],
  ])
})

test('episodes of the evaluation are recorded, and change nothing', async () => {
  const given = { env: 'CartPole-v1', agent: 'random', steps: 100, evalEpisodes: 3 }
  const plain = await train({ ...given, out: folder() }, quiet)
  const out = folder()
  const recorded = await train({ ...given, out, videoEpisodes: 2 }, quiet)
  expect(recorded.hash).toBe(plain.hash)
  expect(recorded.evaluation.returns).toEqual(plain.evaluation.returns)
  const { videos = [], returns } = recorded.evaluation
  expect(videos).toEqual([0, 1].map(e => join(out, 'videos', `episode-${e}.mp4`)))
  for (const [e, path] of videos.entries()) expect((await decodeVideo(path)).shape[0]).toBe(returns[e] + 1)
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('src="videos/episode-1.mp4"')
})

test('an environment without pictures is refused before it is learned in', async () => {
  const out = folder()
  const given = { env: 'FrozenLake-v1', agent: 'random', steps: 100, videoEpisodes: 1, out }
  await expect(train(given, quiet)).rejects.toThrow(/FrozenLake-v1 can't be recorded/)
  expect(existsSync(out)).toBe(false)
})

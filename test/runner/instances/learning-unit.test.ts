import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { interrupted } from '../../../src/common/error.ts'
import { frontier } from '../../../src/envs/hierarchy/root.ts'
import {
  type Learned,
  type LearningOptions,
  learningUnit,
} from '../../../src/runner/instances/learning-unit.ts'
import type { GroupAgent } from '../../../src/runner/play/roles.ts'
import { begin, resume } from '../../../src/runner/runs/drive.ts'
import type { RunHooks } from '../../../src/runner/runs/hooks.ts'
import { concluded, type JobKind, type RunConfig } from '../../../src/runner/runs/job.ts'
import { ToyWorld } from '../../support/toy-world.ts'

/** An agent that counts what it was shown. */
class Counting {
  private count = 0
  readonly appetite = { unit: 'episode', count: 2 }
  act: GroupAgent['act'] = (_, { rng }) => [{ action: rng.int(3) }]
  learn = () => {
    this.count++
    return {}
  }
  state = () => ({ count: this.count, scale: -0 })
  restore = ({ count }: { count: number }) => {
    this.count = count
  }
}

const schema = z.strictObject({
  episodes: z.number(),
  checkpointEvery: z.number().default(1),
  out: z.string().optional(),
  overwrite: z.boolean().default(false),
})
type Config = z.infer<typeof schema> & RunConfig

function learningJob(): JobKind<Config, Learned, { readonly hash: string }> {
  const agents = new Map([['shared', new Counting() as unknown as GroupAgent]])
  const world = new ToyWorld(3, 8)
  const options = (config: Config): LearningOptions => ({
    checkpointEvery: config.checkpointEvery,
    control: { agents, view: 'parallel', rootActions: frontier, rootEvery: 1, gamma: 1 },
    stage: () => ({ worlds: [world], worldSeed: 1 }),
    ...{ workers: 1, episodes: config.episodes, perUpdate: 2, seed: 1, comparable: true },
  })
  return {
    id: 'learning',
    schema,
    prepare: async config => ({
      config,
      origin: { engine: 'none', versions: {}, fingerprints: {} },
      work: async run => (await run.perform(learningUnit(options(config)))).outcome as Learned,
    }),
    summarize: (_, { hash }) => ({ hash }),
    report: ({ hash }) => hash,
    words: ({ hash }) => hash,
  }
}

const fresh = async () => join(await mkdtemp(join(tmpdir(), 'layergym-test-')), 'run')
const hooks = (onEvent: RunHooks['onEvent'] = () => undefined, signal = new AbortController().signal) => ({
  ...{ onEvent, signal },
  clock: () => 0,
})

test('400 episodes: what is written grows with them, a checkpoint does not', {
  timeout: 180_000,
}, async () => {
  const dir = await fresh()
  const checkpoints: number[] = []
  await begin(
    learningJob(),
    { out: dir, episodes: 400 },
    hooks(event => {
      if (event.type !== 'episode') return
      const folder = join(dir, 'checkpoints')
      const [newest] = readdirSync(folder)
        .filter(name => name.startsWith('checkpoint-'))
        .sort()
        .reverse()
      if (newest !== undefined) checkpoints.push(statSync(join(folder, newest)).size)
    }),
  )
  expect(checkpoints.length).toBeGreaterThan(390)
  const half = (from: number) => checkpoints.slice(from, from + 195).reduce((sum, size) => sum + size, 0)
  expect(half(195) / half(0)).toBeLessThan(1.02)
  const records = readFileSync(join(dir, 'outcomes', 'learning.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
  expect(records).toHaveLength(400)
  const length = (from: number) => records.slice(from, from + 200).join('').length
  expect(length(200) / length(0)).toBeLessThan(1.05)
  // The outcome itself holds no episodes.
  expect(statSync(join(dir, 'outcomes', 'learning.json')).size).toBeLessThan(2 * checkpoints[10])
})

test.each([1, 3, 7])('interrupted after episode %i, it ends as if nothing had been', async stop => {
  const values = { episodes: 10, checkpointEvery: 2 }
  const whole = concluded(await begin(learningJob(), { ...values, out: await fresh() }, hooks()))
  const dir = await fresh()
  const controller = new AbortController()
  const stopping = hooks(event => {
    if (event.type === 'episode' && event.episode.index === stop) controller.abort(interrupted())
  }, controller.signal)
  await begin(learningJob(), { ...values, out: dir }, stopping).catch(error => error)
  if (!existsSync(join(dir, 'summary.json')))
    expect(concluded(await resume(learningJob(), dir, hooks())).hash).toBe(whole.hash)
  const records = readFileSync(join(dir, 'outcomes', 'learning.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
  expect(records.map(line => JSON.parse(line).summary.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

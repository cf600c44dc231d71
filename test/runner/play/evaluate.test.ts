import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ActContext, Agent } from '../../../src/agents/agent.ts'
import type { Env } from '../../../src/envs/env.ts'
import { Box, Discrete } from '../../../src/envs/spaces.ts'
import { type EvaluateOptions, evaluatePolicy } from '../../../src/runner/play/evaluate.ts'

type Actor = Pick<Agent<unknown, unknown>, 'act'>

/** Pays its step's number, and ends after as many steps as its seed says; the first action is forbidden. */
class Counter {
  readonly spec
  readonly observationSpace = new Box(0, 1000, [1])
  readonly actionSpace = new Discrete(2)
  closed = 0
  private steps = 0
  private length = 0

  constructor(
    readonly seeds: number[],
    heavy: boolean,
    private readonly slow: boolean,
  ) {
    this.spec = { id: 'Counter', heavy }
  }

  reset({ seed }: { readonly seed: number }) {
    this.seeds.push(seed)
    this.steps = 0
    this.length = 1 + (seed % 3)
    return { observation: [seed, 0], info: {} }
  }

  step(_action: number) {
    const terminated = ++this.steps === this.length
    const result = {
      ...{ observation: [this.seeds.at(-1), this.steps], reward: this.steps, info: {} },
      ...{ terminated, truncated: false },
    }
    return this.slow ? Promise.resolve(result) : result
  }

  actionMask = () => Uint8Array.of(0, 1)

  close() {
    this.closed++
  }
}

/** Remembers how many steps of an episode it has seen, and checks what it is given. */
const counting = (contexts: ActContext[]): Actor => ({
  act: (observations, context) => {
    contexts.push(context)
    return observations.map((observation, i) => {
      const [, step] = observation as readonly number[]
      const before = (context.memories?.[i] as unknown as number | undefined) ?? 0
      expect(before).toBe(step)
      return { action: 1, memory: (before + 1) as never }
    })
  },
})

async function evaluated({
  heavy = false,
  slow = false,
  ...options
}: Partial<EvaluateOptions> & { heavy?: boolean; slow?: boolean } = {}) {
  const envs: Counter[] = []
  const seeds: number[] = []
  const contexts: ActContext[] = []
  const makeEnv = () => {
    envs.push(new Counter(seeds, heavy, slow))
    return envs[envs.length - 1] as unknown as Env<unknown, unknown>
  }
  const signal = new AbortController().signal
  const given = { agent: counting(contexts), makeEnv, episodes: 40, seed: 1, signal, ...options }
  return { found: await evaluatePolicy(given), envs, seeds, contexts }
}

const paid = (seed: number) => [1, 3, 6][seed % 3]

describe('evaluatePolicy', () => {
  test('plays each episode from its own seed, greedily, with masks and memories, and sums it up', async () => {
    const { found, envs, seeds, contexts } = await evaluated()
    expect(envs).toHaveLength(16)
    expect(new Set(seeds).size).toBe(40)
    expect(found.episodes).toBe(40)
    expect([...found.returns].sort()).toEqual(seeds.map(paid).sort())
    const mean = seeds.map(paid).reduce((a, b) => a + b) / 40
    expect(found.meanReturn).toBeCloseTo(mean, 12)
    const squares = seeds.map(seed => (paid(seed) - mean) ** 2).reduce((a, b) => a + b)
    expect(found.stdReturn).toBeCloseTo(Math.sqrt(squares / 39), 12)
    expect(found.meanLength).toBeCloseTo(seeds.reduce((sum, seed) => sum + 1 + (seed % 3), 0) / 40, 12)
    expect(found).not.toHaveProperty('videos')
    for (const { explore, masks } of contexts) {
      expect(explore).toBe(false)
      for (const mask of masks ?? [undefined]) expect(mask).toEqual(Uint8Array.of(0, 1))
    }
    expect(envs.map(({ closed }) => closed)).toEqual(envs.map(() => 1))
  })

  test('an episode is the same, however many are played and however the environment answers', async () => {
    const { found } = await evaluated()
    const few = await evaluated({ episodes: 3 })
    expect(few.envs).toHaveLength(3)
    expect(few.found.returns).toEqual(found.returns.slice(0, 3))
    expect((await evaluated({ slow: true })).found).toEqual(found)
    const heavy = await evaluated({ heavy: true })
    expect(heavy.envs).toHaveLength(1)
    expect(heavy.found).toEqual(found)
    expect((await evaluated({ seed: 2 })).found.returns).not.toEqual(found.returns)
  })

  test('an agent may answer later, and an environment need not close', async () => {
    const { found } = await evaluated()
    const agent: Actor = { act: async (...given) => counting([]).act(...given) }
    expect((await evaluated({ agent })).found).toEqual(found)
    const makeEnv = () =>
      Object.assign(new Counter([], false, false), { close: undefined }) as unknown as Env<unknown, unknown>
    expect((await evaluated({ makeEnv })).found).toEqual(found)
  })

  test('a single episode has no spread', async () => {
    expect((await evaluated({ episodes: 1 })).found.stdReturn).toBe(0)
  })

  test('records the first episodes, and throws away what is begun where it stops', async () => {
    const { found } = await evaluated()
    const pixels = new Uint8Array(16 * 16 * 3)
    const folder = mkdtempSync(join(tmpdir(), 'layergym-videos-'))
    const makeEnv = () =>
      Object.assign(new Counter([], false, false), {
        render: () => ({ width: 16, height: 16, pixels }),
      }) as unknown as Env<unknown, unknown>
    const recorded = await evaluated({ makeEnv, episodes: 3, record: { episodes: 2, folder } })
    const videos = ['episode-0.mp4', 'episode-1.mp4']
    expect(recorded.found.videos).toEqual(videos.map(name => join(folder, name)))
    expect(recorded.found.returns).toEqual(found.returns.slice(0, 3))
    expect(readdirSync(folder).sort()).toEqual(videos)
    const few = await evaluated({ makeEnv, episodes: 1, record: { episodes: 2, folder } })
    expect(few.found.videos).toEqual([join(folder, videos[0])])
    for (const name of videos) rmSync(join(folder, name))
    const controller = new AbortController()
    const agent: Actor = {
      act: (...given) => {
        controller.abort()
        return counting([]).act(...given)
      },
    }
    const options = { agent, makeEnv, signal: controller.signal, record: { episodes: 2, folder } }
    await expect(evaluated(options)).rejects.toMatchObject({ code: 'interrupted' })
    expect(readdirSync(folder)).toEqual([])
    rmSync(folder, { recursive: true })
  })

  test('stops between steps', async () => {
    await expect(evaluated({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' })
  })
})

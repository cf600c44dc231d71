import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { logLoss, type RewardDefinition, terminalAdvantage } from '../../../src/envs/finetune/reward.ts'
import type { FineTuning } from '../../../src/envs/finetune/world.ts'
import { Root } from '../../../src/envs/hierarchy/root.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { type EpisodeRequest, runEpisode } from '../../../src/runner/play/episode.ts'
import type { GroupAgent } from '../../../src/runner/play/roles.ts'
import { tinyWorld } from '../../support/world.ts'

beforeAll(async () => {
  await startEngine()
})

const KEEP = 2

/** An agent that makes these choices in turn. */
const making = (choices: readonly unknown[]): GroupAgent => {
  const left = [...choices]
  return { act: () => [{ action: left.shift() }] } as unknown as GroupAgent
}

/** An episode of one group setting, which the root leaves alone for some rounds and then ends. */
async function stopped(view: EpisodeRequest['view'], reward: RewardDefinition, rounds: number) {
  const world = tinyWorld({ reward }) as FineTuning<unknown>
  const root = new Root(world)
  const agent = making([...Array<number>(rounds).fill(2), root.stop])
  const keeping = making(Array(100).fill(view === 'flat' ? [KEEP, KEEP, KEEP] : KEEP))
  const result = await runEpisode({
    world,
    view,
    agents: [keeping, keeping, keeping],
    root: { agent, root, every: 1, gamma: 0.5 },
    index: 0,
    explore: true,
    worldSeed: 1,
    rng: Rng.of(1),
    clock: () => 0,
  })
  const { baseline, measured } = world.snapshot().progress
  const advantage = measured.evaluation.score - (baseline?.evaluation.score ?? Number.NaN)
  return { ...result, advantage }
}

const rewardsOf = ({ trajectories }: Awaited<ReturnType<typeof stopped>>) =>
  trajectories.map(({ transitions }) => transitions.map(({ reward }) => reward))

describe.each(['parallel', 'sequential', 'flat'] as const)(
  'a run that the root ends, in the %s view',
  view => {
    test('is paid for its end: the root’s stop, and each actor’s last action', async () => {
      const episode = await stopped(view, terminalAdvantage, 2)
      const { advantage, summary, rewards } = episode
      expect(rewards.slice(0, 2)).toEqual([0, 0])
      expect(rewards[2]).toBeCloseTo(advantage, 12)
      expect(summary.rounds).toHaveLength(2)
      expect(summary.rounds.map(({ root }) => root)).toEqual([expect.any(String), expect.any(String)])
      for (const { mask } of episode.trajectories[0].transitions) expect(mask).toBeInstanceOf(Uint8Array)
      expect(summary.return).toBeCloseTo(advantage, 12)
      expect(summary.stop?.reward).toBe(rewards[2])
      expect(summary.stop?.noise).toBe(summary.returnNoise)
      expect(summary.returnNoise).toBeGreaterThan(0)
      for (const paid of rewardsOf(episode)) {
        expect(paid.at(-1)).toBe(rewards[2])
        expect(paid.slice(0, -1).every(reward => reward === 0)).toBe(true)
      }
      const root = episode.trajectories.find(({ actor }) => actor === 'root')
      expect(root?.transitions.map(({ duration }) => duration)).toEqual([1, 1, 0])
    })

    test('pays nothing more where the reward is a difference', async () => {
      const episode = await stopped(view, logLoss, 2)
      const [first, second] = episode.rewards
      expect(episode.rewards).toEqual([first, second, 0])
      expect(episode.summary.rounds.map(({ reward }) => reward)).toEqual([first, second])
      const root = episode.trajectories.find(({ actor }) => actor === 'root')
      expect(root?.transitions.map(({ reward }) => reward)).toEqual([first, second, 0])
      expect(rewardsOf(episode)[0].at(-1)).toBe(second)
    })

    test('pays the root alone where it is over before it began', async () => {
      const { trajectories, summary, advantage, rewards } = await stopped(view, terminalAdvantage, 0)
      expect(trajectories.map(({ actor }) => actor)).toEqual(['root'])
      expect(trajectories[0].transitions).toMatchObject([{ reward: rewards[0], duration: 0 }])
      expect(summary.return).toBeCloseTo(advantage, 12)
      expect(summary.rounds).toEqual([])
    })
  },
)

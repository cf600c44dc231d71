import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import type { GroupAgent } from '../../../src/runner/play/roles.ts'
import { SEATS } from '../../../src/runner/play/seats.ts'
import { ToyWorld } from '../../support/toy-world.ts'
import { learning, Recorder } from './learning.ts'

describe.each(['parallel', 'sequential', 'flat'] as const)('the %s view', view => {
  test('ends with what follows the last round, and with what a recurrent agent carries then', async () => {
    const given: unknown[] = []
    const act: GroupAgent['act'] = (_, { memories }) => {
      given.push(memories?.[0]?.[0])
      const memory = Float32Array.of(1 + (memories?.[0]?.[0] ?? 0))
      return [{ action: view === 'flat' ? [1, 1, 2] : 1, memory }]
    }
    const agent = Object.assign(new Recorder(1), { act })
    const agents = new Map<string, GroupAgent>([[view === 'flat' ? 'joint' : 'shared', agent]])
    const world = new ToyWorld(3, 4)
    const stage = () => ({ worlds: [world], worldSeed: 1 })
    await learning({ agents, view, stage, episodes: 1, perUpdate: 1 }).result
    const seats = SEATS[view](world)
    const [lesson] = agent.lessons
    expect(lesson.map(({ actor }) => actor)).toEqual(seats.actors)
    for (const [i, { finalObservation, finalMemory, transitions }] of lesson.entries()) {
      expect(finalObservation).toEqual(seats.turns.find(({ actor }) => actor === i)?.observation())
      expect(finalMemory).toEqual(Float32Array.of(transitions.length))
      expect(transitions.map(({ memory }) => memory?.[0])).toEqual(
        transitions.map((_, step) => (step === 0 ? undefined : step)),
      )
    }
  })

  test('chooses for every group, every round, and is paid what the round brought', async () => {
    const rng = Rng.of(1)
    const act: GroupAgent['act'] = () => [{ action: view === 'flat' ? [0, rng.int(3), 2] : rng.int(3) }]
    const agent = Object.assign(new Recorder(1), { act })
    const agents = new Map<string, GroupAgent>([[view === 'flat' ? 'joint' : 'shared', agent]])
    const state = await learning({ agents, view, episodes: 1, perUpdate: 1 }).result
    const [{ actions, rewards, summary }] = state.episodes
    expect(actions).toHaveLength(summary.rounds.length)
    expect((actions as unknown[][]).every(chosen => chosen.length === 3)).toBe(true)
    expect(summary.return).toBeCloseTo(
      rewards.reduce((a, b) => a + b, 0),
      12,
    )
    for (const { transitions, terminated } of agent.lessons[0]) {
      expect(terminated).toBe(true)
      const paid = transitions.reduce((sum, { reward }) => sum + reward, 0)
      expect(paid).toBeCloseTo(summary.return, 12)
      const lasted = transitions.reduce((sum, { duration = 1 }) => sum + duration, 0)
      expect(lasted).toBe(summary.rounds.length)
    }
  })

  test('explores, and with a stream of its own in every episode', async () => {
    const explored: boolean[] = []
    const drawn: number[] = []
    const act: GroupAgent['act'] = (_, { explore, rng }) => {
      explored.push(explore)
      drawn.push(rng.int(2 ** 31))
      return [{ action: view === 'flat' ? [1, 1, 2] : 1 }]
    }
    const agent = Object.assign(new Recorder(1), { act })
    const agents = new Map<string, GroupAgent>([[view === 'flat' ? 'joint' : 'shared', agent]])
    const { episodes } = await learning({ agents, view, episodes: 2, perUpdate: 1 }).result
    expect(new Set(explored)).toEqual(new Set([true]))
    expect(new Set(drawn).size).toBe(drawn.length)
    expect(episodes.map(({ summary }) => summary.kind)).toEqual(['learning', 'learning'])
  })

  test('refuses an action that is none', async () => {
    const act: GroupAgent['act'] = () => [{ action: 'faster' }]
    const agents = new Map([[view === 'flat' ? 'joint' : 'shared', Object.assign(new Recorder(1), { act })]])
    await expect(learning({ agents, view, episodes: 1 }).result).rejects.toThrow('not an action')
  })
})

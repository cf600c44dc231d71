import { describe, expect, test } from 'vitest'
import type { Trajectory } from '../../src/agents/agent.ts'
import { Dqn } from '../../src/agents/dqn/agent.ts'
import { dqnConfig } from '../../src/agents/dqn/config.ts'
import { unpackInto } from '../../src/agents/state.ts'
import { Rng } from '../../src/common/random.ts'
import { Box, Discrete } from '../../src/envs/spaces.ts'

const make = (config: Record<string, unknown>) =>
  new Dqn({
    observationSpace: new Box(-1, 1, [2]),
    actionSpace: new Discrete(3),
    rng: Rng.of(1),
    gamma: 0.9,
    config: dqnConfig.parse(config),
  })

function trajectory(length: number, { masked = false, truncated = false } = {}): Trajectory<unknown, number> {
  const transitions = Array.from({ length }, (_, t) => ({
    observation: Float32Array.of(t / 10, 1),
    mask: masked ? Uint8Array.of(1, 1, 0) : undefined,
    action: t % 2,
    reward: t,
    duration: 1,
  }))
  const finalObservation = Float32Array.of(1, 1)
  return { episode: 0, actor: 'shared', transitions, terminated: !truncated, truncated, finalObservation }
}

function parameters(agent: Dqn, part: 'network' | 'target'): Float32Array {
  const values = new Float32Array(2 * 4 + 4 + 4 * 3 + 3)
  unpackInto(values, agent.state()[part], part)
  return values
}

describe('an update of DQN', () => {
  const one = { hidden: [4], learningStarts: 4, gradientSteps: 1, learningRate: 0.1 }

  test.each([0.25, 1])('the target network goes the share %s of its way to the network', tau => {
    const agent = make({ ...one, targetFrequency: 5, tau })
    const before = parameters(agent, 'target')
    agent.learn([trajectory(5)])
    const [network, target] = [parameters(agent, 'network'), parameters(agent, 'target')]
    expect(network).not.toEqual(before)
    target.forEach((x, i) => {
      expect(x).toBeCloseTo(tau * network[i] + (1 - tau) * before[i], 6)
    })
  })

  test('between its updates the target network stays', () => {
    const agent = make({ ...one, targetFrequency: 6 })
    const before = parameters(agent, 'target')
    agent.learn([trajectory(5)])
    expect(parameters(agent, 'target')).toEqual(before)
  })

  test('errors become priorities', () => {
    const agent = make({ ...one, prioritized: true, priorityExponent: 1, bufferSize: 8 })
    agent.learn([trajectory(5)])
    const priorities = new Float32Array(5)
    unpackInto(priorities, (agent.state().replay as { priorities: unknown }).priorities, 'priorities')
    // Before, all were 1; rewards of 0 to 9 and fresh values leave none of those drawn there.
    expect(priorities.filter(p => p !== 1).length).toBeGreaterThanOrEqual(4)
  })

  test('a cut that nothing follows bootstraps over what the final mask allows', () => {
    /** The mask of the next state, as the replay has it in the last columns of its only row. */
    const replayed = (finalMask: readonly number[]) => {
      const agent = make({ nStep: 1, learningStarts: 100, bufferSize: 1 })
      const cut = trajectory(1, { masked: true, truncated: true })
      agent.learn([{ ...cut, finalMask: Uint8Array.from(finalMask) }])
      agent.restore(JSON.parse(JSON.stringify(agent.state())))
      agent.learn([])
      const row = new Float32Array(2 + 2 + 3 + 3)
      unpackInto(row, (agent.state().replay as { rows: unknown }).rows, 'rows')
      return [...row.subarray(-3)]
    }
    expect(replayed([0, 1, 0])).toEqual([0, 1, 0])
    expect(replayed([1, 0, 1])).toEqual([1, 0, 1])
  })

  test('the last steps before a cut are left out where masks are, and nobody says what the final state allows', () => {
    const replayed = (masked: boolean) => {
      const agent = make({ nStep: 2, learningStarts: 100 })
      expect(agent.learn([trajectory(5, { masked, truncated: true })]).replay).toBe(3)
      return agent.learn([]).replay
    }
    expect([replayed(true), replayed(false)]).toEqual([3, 5])
  })
})

import { describe, expect, test } from 'vitest'
import type { Transition } from '../../src/agents/agent.ts'
import { ClippedLoss } from '../../src/agents/ppo/loss.ts'
import { finiteAdvantages, valued } from '../../src/agents/ppo/rollout.ts'
import { improve } from '../../src/agents/ppo/step.ts'
import { layOut } from '../../src/agents/transitions.ts'
import { Rng } from '../../src/common/random.ts'
import { Box } from '../../src/envs/spaces.ts'

describe('what PPO lays out', () => {
  const space = new Box(-9, 9, [2])
  const encode = (action: unknown) => action as Float32Array
  const distribution = {
    actionSize: 2,
    encode,
    evaluate: ({ rows }: { rows: number }) => ({ logProbabilities: new Float64Array(rows).fill(-7) }),
  }
  const forward = (batch: Float32Array, rows: number) =>
    Float32Array.from({ length: rows }, (_, r) => batch[2 * r])
  const parts = {
    space,
    policy: { forward },
    value: { forward, inputs: 2 },
    distribution,
    gamma: 0.5,
    lambda: 1,
  } as never
  const laidOut = (trajectories: never[]) => valued(layOut(trajectories, parts), parts)
  const transition = (x: number, more: Partial<Transition<unknown, unknown>> = {}) => ({
    ...{
      observation: Float32Array.of(x, 1),
      action: Float32Array.of(x, -x),
      reward: 1,
      duration: 1,
      ...more,
    },
  })
  const trajectory = (transitions: readonly object[], end: object) =>
    ({ episode: 0, actor: 'shared', transitions, finalObservation: Float32Array.of(8, 0), ...end }) as never
  const ended = { terminated: true, truncated: false }
  const cut = { terminated: false, truncated: true }

  test('is every transition in its row, with advantages that bootstrap where an episode was cut', () => {
    const rollout = laidOut([
      trajectory([transition(1), transition(2)], ended),
      trajectory([transition(4)], cut),
    ])
    expect(rollout.rows).toBe(3)
    expect([...rollout.observations]).toEqual([1, 1, 2, 1, 4, 1, 8, 0])
    expect([...rollout.actions]).toEqual([1, -1, 2, -2, 4, -4])
    expect(Array.from(rollout.values)).toEqual([1, 2, 4, 8])
    // λ = 1: returns are discounted sums; the cut one goes on with V = 8.
    expect([...rollout.returns]).toEqual([1.5, 1, 5])
    expect([...rollout.advantages]).toEqual([0.5, -1, 1])
    expect(rollout.masks).toBeUndefined()
  })

  test('has the log-probabilities that were recorded where all were, else the policy’s own', () => {
    const [a, b] = [transition(1, { logProbability: -1 }), transition(2, { logProbability: -2 })]
    const of = (...transitions: object[]) =>
      Array.from(laidOut([trajectory(transitions, ended)]).logProbabilities)
    expect(of(a, b)).toEqual([-1, -2])
    expect(of(a, transition(2))).toEqual([-7, -7])
  })

  test('has masks where anything was forbidden', () => {
    const mask = Uint8Array.of(1, 0)
    const { masks } = layOut([trajectory([transition(1), transition(2, { mask })], ended)], parts)
    expect(masks).toEqual([undefined, mask])
  })

  test('an advantage that isn’t finite is refused', () => {
    const steps = {
      rows: 1,
      rewards: Float64Array.of(Infinity),
      stretches: [{ episode: 0, rows: 1, cut: false }],
    }
    expect(() => finiteAdvantages(steps, [1], { gamma: 0.5, lambda: 1 })).toThrow(
      'an advantage of the agent is not finite',
    )
  })
})

test('PPO’s loss is clipped where the policy has gone far enough, and only there', () => {
  const rows = [0, 1, 2, 3]
  const ratios = [1.5, 1.5, 0.5, 1.1]
  const advantages = Float64Array.of(1, -1, 1, 2)
  const byLogs: number[] = []
  const distribution = {
    actionSize: 1,
    evaluate: () => ({
      logProbabilities: Float32Array.from(ratios, Math.log),
      entropies: Float32Array.of(1, 2, 3, 4),
    }),
    differentiate: (byLogProbabilities: Float32Array, byEntropy: number) => {
      byLogs.push(...byLogProbabilities, byEntropy)
      return new Float32Array(4)
    },
  }
  const rollout = {
    actions: new Float32Array(4),
    masks: undefined,
    logProbabilities: new Float64Array(4),
    values: Float64Array.of(0, 0, 0, 0),
    advantages,
    returns: Float64Array.of(1, 1, 1, -1),
  }
  const values = Float32Array.of(0.5, 2, -0.5, 0.125)
  const settings = { clip: 0.25, entropyCoefficient: 0.5, valueCoefficient: 2, normalizeAdvantages: false }
  const loss = (clipValueLoss: boolean) =>
    new ClippedLoss().of(
      rollout,
      { rows, outputs: new Float32Array(4), values, distribution: distribution as never },
      { ...settings, clipValueLoss } as never,
    )
  const { figures, byValues } = loss(false)
  // min(r·A, clip(r)·A): 1.25, −1.5, 0.5, 2.2.
  expect(figures.policyLoss).toBeCloseTo(-(1.25 - 1.5 + 0.5 + 2.2) / 4, 6)
  expect(byLogs.slice(0, 4)).toEqual([-0, ...[1.5, -0.5, -2.2].map(x => expect.closeTo(x / 4, 6))])
  expect(byLogs[4]).toBe(-0.125)
  expect(figures.entropy).toBe(2.5)
  expect(figures.clipFraction).toBe(0.75)
  const kl = ratios.reduce((sum, ratio) => sum + (ratio - 1 - Math.log(ratio)), 0) / 4
  expect(figures.approximateKl).toBeCloseTo(kl, 6)
  const errors = [-0.5, 1, -1.5, 1.125]
  expect(figures.valueLoss).toBeCloseTo(errors.reduce((sum, x) => sum + x * x, 0) / 8, 6)
  expect([...byValues]).toEqual(errors.map(x => x / 2))
  // Held within 0.25 of what it was: the worse of the two counts.
  const held = [-0.75, 1, -1.5, 1.125]
  const clipped = loss(true)
  expect(clipped.figures.valueLoss).toBeCloseTo(held.reduce((sum, x) => sum + x * x, 0) / 8, 6)
  expect([...clipped.byValues]).toEqual([0, 0.5, -0.75, 0.5625])
})

describe('epochs of minibatches', () => {
  const figures = (approximateKl: number, policyLoss: number) => {
    return { policyLoss, valueLoss: 0, entropy: 0, approximateKl, clipFraction: 0, gradientNorm: 0 }
  }

  test('hold every item once an epoch, and report the means', () => {
    const batches: (readonly number[])[] = []
    const report = improve(7, { epochs: 2, minibatches: 3, targetKl: undefined }, Rng.of(1), batch => {
      batches.push([...batch])
      return figures(9, batches.length)
    })
    expect(batches.map(({ length }) => length)).toEqual([2, 2, 3, 2, 2, 3])
    for (const epoch of [batches.slice(0, 3), batches.slice(3)])
      expect(epoch.flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(batches.slice(0, 3)).not.toEqual(batches.slice(3))
    expect(report).toMatchObject({ epochs: 2, approximateKl: 9, policyLoss: 3.5 })
  })

  test('are no more than there are items, and end when the policy has gone far enough', () => {
    const calls: number[] = []
    const descend = (batch: Int32Array) => {
      calls.push(batch.length)
      return figures(calls.length <= 2 ? 0.1 : 0.3, 0)
    }
    const report = improve(2, { epochs: 9, minibatches: 5, targetKl: 0.2 }, Rng.of(1), descend)
    expect(calls).toEqual([1, 1, 1, 1])
    expect(report.epochs).toBe(2)
    expect(report.approximateKl).toBeCloseTo(0.2, 12)
    const exactly = improve(2, { epochs: 2, minibatches: 1, targetKl: 0.3 }, Rng.of(1), descend)
    expect(exactly.epochs).toBe(2)
  })
})

import { describe, expect, test } from 'vitest'
import { type NStep, NStepQueue, nStep, type Step } from '../../src/agents/replay/n-step.ts'
import { Replay } from '../../src/agents/replay/replay.ts'
import { Rng } from '../../src/common/random.ts'
import { fc, property } from '../support/property.ts'

const number = fc.double({ min: -10, max: 10, noNaN: true })
const steps = fc.array(fc.record({ reward: number, duration: fc.integer({ min: 0, max: 3 }) }), {
  minLength: 1,
  maxLength: 10,
})

function stepsOf(given: readonly { reward: number; duration: number }[]): Step[] {
  return given.map((step, t) => ({ ...step, observation: Float32Array.of(t), mask: undefined, action: t }))
}

describe('n-step targets', () => {
  property([steps, fc.integer({ min: 1, max: 5 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()])(
    'are the sums that define them, from every step',
    (given, n, gamma, terminated) => {
      const all = stepsOf(given)
      const final = { observation: Float32Array.of(all.length), mask: undefined }
      const queue = new NStepQueue(n, gamma)
      const got: NStep[] = []
      for (const step of all) {
        const complete = queue.push(step)
        if (complete !== undefined) got.push(complete)
      }
      got.push(...queue.end(terminated ? undefined : final))
      expect(got).toHaveLength(all.length)
      expect(queue.steps).toEqual([])
      got.forEach((transition, t) => {
        const end = Math.min(t + n, all.length)
        let [reward, discount] = [0, 1]
        for (let k = t; k < end; k++) {
          reward += discount * given[k].reward
          discount *= gamma ** given[k].duration
        }
        const over = terminated && end === all.length
        expect(transition.action).toBe(t)
        expect(transition.reward).toBeCloseTo(reward, 8)
        expect(transition.discount).toBeCloseTo(over ? 0 : discount, 8)
        expect(transition.next?.observation[0]).toBe(over ? undefined : end)
      })
    },
  )

  test('an example by hand', () => {
    const [first, second] = stepsOf([
      { reward: 1, duration: 1 },
      { reward: 2, duration: 2 },
    ])
    const next = { observation: Float32Array.of(9), mask: undefined }
    expect(nStep([first, second], 0.5, next)).toMatchObject({ action: 0, reward: 2, discount: 0.125, next })
  })
})

describe('Replay', () => {
  const transition = (i: number): NStep => ({
    observation: Float32Array.of(i, -i),
    action: i % 3,
    reward: i / 2,
    discount: i % 4 === 0 ? 0 : 0.5,
    next: i % 4 === 0 ? undefined : { observation: Float32Array.of(i + 1, 0), mask: Uint8Array.of(1, 0, 1) },
  })
  const options = { inputs: 2, masked: 3 }

  test('keeps the last ones, whole', () => {
    const replay = new Replay({ ...options, capacity: 5 })
    for (let i = 0; i < 12; i++) replay.add(transition(i))
    expect(replay.size).toBe(5)
    const batch = replay.sample(500, Rng.of(1), 1)
    const seen = new Set<number>()
    for (let k = 0; k < 500; k++) {
      const i = batch.observations[2 * k]
      seen.add(i)
      const ended = i % 4 === 0
      expect(batch.observations[2 * k + 1]).toBe(-i)
      expect(batch.actions[k]).toBe(i % 3)
      expect(batch.rewards[k]).toBe(i / 2)
      expect(batch.discounts[k]).toBe(ended ? 0 : 0.5)
      expect([...batch.nextObservations.subarray(2 * k, 2 * k + 2)]).toEqual(ended ? [0, 0] : [i + 1, 0])
      expect([...batch.nextMasks.subarray(3 * k, 3 * k + 3)]).toEqual(ended ? [1, 1, 1] : [1, 0, 1])
      expect(batch.weights[k]).toBe(1)
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([7, 8, 9, 10, 11])
  })

  test('grows up to its capacity', () => {
    const replay = new Replay({ ...options, capacity: 3000 })
    for (let i = 0; i < 3500; i++) replay.add(transition(i))
    const { observations } = replay.sample(20_000, Rng.of(1), 1)
    const first = observations.filter((_, i) => i % 2 === 0)
    expect([replay.size, Math.min(...first) >= 500, Math.max(...first)]).toEqual([3000, true, 3499])
  })

  test('samples in proportion to priorities, and weighs against it', () => {
    const replay = new Replay({ ...options, capacity: 4, priorityExponent: 0.5 })
    for (let i = 0; i < 4; i++) replay.add(transition(i))
    const every = { ...replay.sample(4, Rng.of(1), 1), indices: Int32Array.of(0, 1, 2, 3) }
    replay.prioritize(every, Float32Array.of(1, -4, 9, 0))
    const { indices, weights } = replay.sample(60_000, Rng.of(1), 1)
    const counts = [0, 1, 2, 3].map(i => indices.filter(index => index === i).length)
    expect(counts[0] / 60_000).toBeCloseTo(1 / 6, 2)
    expect(counts[1] / 60_000).toBeCloseTo(2 / 6, 2)
    expect(counts[2] / 60_000).toBeCloseTo(3 / 6, 2)
    // β = 1: weight times probability is the same for all.
    indices.forEach((index, k) => {
      if (index < 3) expect(weights[k] * (index + 1)).toBeCloseTo(weights[indices.indexOf(0)], 4)
    })
    expect(Math.max(...weights.subarray(0, 1000))).toBeLessThanOrEqual(1)
  })

  test('what is new comes as first as what was most urgent', () => {
    const replay = new Replay({ ...options, capacity: 4, priorityExponent: 1 })
    replay.add(transition(0))
    replay.prioritize(replay.sample(1, Rng.of(1), 1), Float32Array.of(9))
    replay.add(transition(1))
    const { indices } = replay.sample(10_000, Rng.of(1), 1)
    expect(indices.filter(index => index === 1).length / 10_000).toBeCloseTo(1 / 2, 2)
  })

  test.each([undefined, 0.6])('a state through JSON brings it back (priorities^%s)', priorityExponent => {
    const build = () => new Replay({ ...options, capacity: 10, priorityExponent })
    const [replay, other] = [build(), build()]
    for (let i = 0; i < 13; i++) replay.add(transition(i))
    replay.prioritize(replay.sample(5, Rng.of(2), 1), Float32Array.of(1, 2, 3, 4, 5))
    for (let i = 0; i < 9; i++) other.add(transition(100 + i))
    other.restore(JSON.parse(JSON.stringify(replay.state())))
    for (const one of [replay, other]) one.add(transition(50))
    expect(other.state()).toEqual(replay.state())
    expect(other.sample(30, Rng.of(4), 0.4)).toEqual(replay.sample(30, Rng.of(4), 0.4))
  })

  test('priorities of what a restored state no longer holds draw nothing', () => {
    const build = () => new Replay({ ...options, capacity: 8, priorityExponent: 1 })
    const [short, long] = [build(), build()]
    for (let i = 0; i < 2; i++) short.add(transition(i))
    for (let i = 0; i < 8; i++) long.add(transition(i))
    const all = { ...long.sample(8, Rng.of(1), 1), indices: Int32Array.from({ length: 8 }, (_, i) => i) }
    long.prioritize(all, new Float32Array(8).fill(1000))
    long.restore(short.state())
    expect(Math.max(...long.sample(500, Rng.of(2), 1).indices)).toBe(1)
  })

  test('a state of other sizes is refused', () => {
    const replay = new Replay({ ...options, capacity: 10 })
    for (let i = 0; i < 6; i++) replay.add(transition(i))
    expect(() => new Replay({ ...options, capacity: 5 }).restore(replay.state())).toThrow(/keeps 5/)
    expect(() => new Replay({ inputs: 3, masked: 3, capacity: 9 }).restore(replay.state())).toThrow(/replay/)
  })
})

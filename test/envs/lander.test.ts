import { describe, expect, test } from 'vitest'
import type { StepResult } from '../../src/envs/env.ts'
import { flown, type Motion } from '../../src/envs/lander/flight.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { describeEnv } from '../../src/testing.ts'

const FREE: Motion = { x: 0, y: 8, angle: 0, velocityX: 1, velocityY: 0, spin: 0 }
const lander = () => makeEnv<Float32Array, number>('LunarLanderLite-v0')

describeEnv('LunarLanderLite-v0', lander)

describe('a flight', () => {
  test('without engines is a fall', () => {
    let motion = FREE
    for (let frame = 0; frame < 25; frame++) motion = flown(motion, { main: 0, side: 0 }).motion
    expect(motion.velocityY).toBeCloseTo(-5, 9)
    expect(motion.x).toBeCloseTo(0.5, 9)
    expect(motion.y).toBeCloseTo(8 - 1.25, 1)
  })

  test('the main engine pushes along the body, the engines at the sides turn it', () => {
    const tilted = flown({ ...FREE, angle: Math.PI / 2 }, { main: 1, side: 0 }).motion
    expect(tilted.velocityX).toBeCloseTo(1 - 18 / 50, 9)
    expect(tilted.velocityY).toBeCloseTo(-10 / 50, 9)
    expect(flown(FREE, { main: 0, side: 1 }).motion.spin).toBeCloseTo(3 / 50, 9)
    expect(flown(FREE, { main: 0, side: -1 }).motion.spin).toBeCloseTo(-3 / 50, 9)
  })

  test('mirrored flights are mirror images, on the ground too', () => {
    let [left, right] = [1, -1].map(sign => ({ ...FREE, y: 1, velocityX: sign * 0.4, angle: sign * 0.1 }))
    for (let frame = 0; frame < 60; frame++) {
      left = flown(left, { main: 0, side: frame < 5 ? 1 : 0 }).motion
      right = flown(right, { main: 0, side: frame < 5 ? -1 : 0 }).motion
    }
    expect(left.x).toBeCloseTo(-right.x, 6)
    expect(left.angle).toBeCloseTo(-right.angle, 6)
    expect(left.y).toBeCloseTo(right.y, 6)
  })
})

describe('an episode', () => {
  test('a pilot lands, and is paid more than 200', () => {
    const returns = Array.from({ length: 20 }, (_, seed) => played(seed, piloted))
    expect(returns.filter(({ last }) => last === 100).length).toBeGreaterThanOrEqual(18)
    expect(returns.reduce((sum, each) => sum + each.total, 0) / 20).toBeGreaterThan(200)
  })

  test('who does nothing crashes, who burns on is lost or cut', () => {
    const fallen = Array.from({ length: 10 }, (_, seed) => played(seed, () => 0))
    expect(fallen.every(({ last }) => last === -100)).toBe(true)
    expect(fallen.every(({ total }) => total < 0)).toBe(true)
    expect(played(1, () => 2).total).toBeLessThan(0)
  })
})

test('a step is paid the way that it went, less its fuel', () => {
  const env = lander()
  let { observation } = env.reset({ seed: 3 }) as { observation: Float32Array }
  const worth = ([x, y, velocityX, velocityY, angle, , left, right]: Float32Array) =>
    -100 * (Math.hypot(x, y) + Math.hypot(velocityX, velocityY) + Math.abs(angle)) + 10 * (left + right)
  for (const [action, fuel] of [
    [0, 0],
    [1, 0.03],
    [2, 0.3],
    [3, 0.03],
  ] as const) {
    const result = env.step(action) as StepResult<Float32Array>
    expect(result.reward).toBeCloseTo(worth(result.observation) - worth(observation) - fuel, 3)
    observation = result.observation
  }
})

test('it draws itself', () => {
  const env = lander()
  env.reset({ seed: 1 })
  expect(env.render?.()).toMatchObject({ width: 300, height: 200 })
})

function played(
  seed: number,
  act: (seen: Float32Array) => number,
): { readonly total: number; readonly last: number } {
  const env = lander()
  let { observation } = env.reset({ seed }) as { observation: Float32Array }
  for (let total = 0; ; ) {
    const result = env.step(act(observation)) as StepResult<Float32Array>
    total += result.reward
    observation = result.observation
    if (result.terminated || result.truncated) return { total, last: result.reward }
  }
}

/** Leans towards the pad against its speed, and holds a rate of descent that shrinks with the height. */
function piloted(seen: Float32Array): number {
  const [x, y, velocityX, velocityY, angle, spin, left, right] = seen
  if (left === 1 && right === 1) return 0
  const lean = Math.min(Math.max(0.4 * x + 0.8 * velocityX, -0.3), 0.3)
  const turn = 0.6 * (lean - angle) - spin
  const descent = -0.1 - 0.45 * Math.max(0, y)
  if (velocityY < descent) return 2
  return turn > 0.06 ? 1 : turn < -0.06 ? 3 : 0
}

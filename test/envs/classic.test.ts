import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Frame } from '../../src/common/canvas.ts'
import { checkEnv } from '../../src/envs/check.ts'
import { Acrobot } from '../../src/envs/classic/acrobot.ts'
import { CartPole } from '../../src/envs/classic/cart-pole.ts'
import { classicEnvs } from '../../src/envs/classic/definitions.ts'
import { MountainCar } from '../../src/envs/classic/mountain-car.ts'
import { Pendulum } from '../../src/envs/classic/pendulum.ts'
import type { Env } from '../../src/envs/env.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { unwrapped } from '../../src/envs/wrappers/wrapper.ts'
import { describeEnv } from '../../src/testing.ts'
import { compare, type Golden } from './classic-golden.ts'

const golden: Golden = JSON.parse(
  readFileSync(new URL('../golden/classic_gymnasium.json', import.meta.url), 'utf8'),
)
const IDS = Object.keys(classicEnvs)
const spec = { id: 'Test-v0' }

for (const id of IDS) describeEnv(id, () => makeEnv(id), { steps: 1100 })

describe("Gymnasium's trajectories, 1,000 of each environment", () => {
  test('all six are held', () => {
    expect(Object.keys(golden.envs).sort()).toEqual([...IDS].sort())
    expect(golden.versions).toMatchObject({ gymnasium: '1.4.0', numpy: '2.4.6' })
  })

  test.each(IDS)('%s: observations, rewards and flags agree to 1e-6', id => {
    const { steps, wrong, terminated, truncated } = compare(id, golden.envs[id], true)
    expect(wrong).toEqual([])
    expect(steps).toBeGreaterThan(50_000)
    if (id === 'Pendulum-v1') expect([terminated, truncated]).toEqual([0, 1000])
    else expect(Math.min(terminated, truncated)).toBeGreaterThan(50)
  })

  test.each(['CartPole-v0', 'MountainCar-v0', 'MountainCarContinuous-v0', 'Pendulum-v1'])(
    '%s: from the first state to the end, without taking states over',
    id => {
      expect(compare(id, golden.envs[id], false).wrong).toEqual([])
    },
  )

  // 500 open-loop steps of a chaotic system: the last bit of the C library's sine decides a few of them.
  test.each(['CartPole-v1', 'Acrobot-v1'])('%s: nearly all from the first state to the end', id => {
    expect(compare(id, golden.envs[id], false).wrong.length).toBeLessThan(30)
  })

  test('the comparison notices a wrong limit, and torques that are 0.002 % off', () => {
    const { wrong } = compare('CartPole-v0', golden.envs['CartPole-v1'], true)
    expect(wrong.length).toBeGreaterThan(100)
    expect(wrong[0]).toMatch(/ends at step 199/)
    const weaker = { ...golden.envs['Pendulum-v1'], scale: 60.001 }
    expect(compare('Pendulum-v1', weaker, true).wrong.length).toBeGreaterThan(900)
  })
})

describe('states, actions and ends', () => {
  test.each(IDS)('%s: the state can be read and set, and is checked', id => {
    const env = makeEnv(id)
    const inner = unwrapped(env) as CartPole
    env.reset({ seed: 3 })
    const state = inner.state.map((x, i) => x / 2 + 0.01 * i)
    inner.state = state
    expect(inner.state).toEqual(state)
    for (const wrong of [[], [...state, 0], state.map(() => Number.NaN), 'x']) {
      expect(() => {
        inner.state = wrong as number[]
      }).toThrow(/the state of .* is \d finite numbers/)
    }
  })

  test('an episode goes on from a state as if it began there', () => {
    const env = new CartPole({ spec })
    env.state = [0, 0, 0.3, 0]
    expect(env.step(1)).toMatchObject({ terminated: true, reward: 1 })
    expect(() => env.step(1)).toThrow('call reset()')
    env.state = [0, 0, 0, 0]
    expect(env.step(1).terminated).toBe(false)
  })

  test.each(IDS)('%s: refuses actions that are none, and steps before reset', id => {
    const env = makeEnv(id)
    expect(() => env.step(env.actionSpace.toJSON().kind === 'box' ? Float32Array.of(0) : 0)).toThrow(
      'call reset()',
    )
    env.reset({ seed: 1 })
    for (const action of [7, -1, 0.5].map(x =>
      env.actionSpace.toJSON().kind === 'box' ? Float32Array.of(x, x) : x,
    )) {
      expect(() => env.step(action)).toThrow('takes actions of')
    }
  })

  test('rewards of Sutton and Barto: 0 a step, -1 at the end', () => {
    const env = new CartPole({ spec, suttonBartoReward: true })
    env.state = [0, 0, 0, 0]
    expect(env.step(1).reward).toBe(0)
    env.state = [2.39, 10, 0, 0]
    expect(env.step(1)).toMatchObject({ terminated: true, reward: -1 })
  })

  test('a goal velocity must be reached too', () => {
    const slow = new MountainCar({ spec, goalVelocity: 0.07 })
    slow.state = [0.49, 0.02]
    expect(slow.step(2).terminated).toBe(false)
    const any = new MountainCar({ spec })
    any.state = [0.49, 0.02]
    expect(any.step(2).terminated).toBe(true)
  })

  test('reset takes bounds of the start', () => {
    const env = new Acrobot({ spec })
    env.reset({ seed: 1, options: { low: 0.5, high: 0.6 } })
    expect(env.state.every(x => x >= 0.5 && x <= 0.6)).toBe(true)
    expect(() => env.reset({ options: { low: 1, high: 0 } })).toThrow('low <= high')
    expect(() => env.reset({ options: { low: 'x' } })).toThrow('low <= high')
    const pendulum = new Pendulum({ spec })
    pendulum.reset({ seed: 1, options: { x_init: 0.01, y_init: 0 } })
    expect(Math.abs(pendulum.state[0])).toBeLessThan(0.01)
    expect(() => pendulum.reset({ options: { x_init: 'x' } })).toThrow('x_init')
    const starts = Array.from({ length: 200 }, (_, seed) => {
      pendulum.reset({ seed, options: { x_init: 0.5, y_init: 2 } })
      return [...pendulum.state]
    })
    for (const [i, bound] of [0.5, 2].entries()) {
      const own = starts.map(state => state[i])
      expect([Math.min(...own) / bound, Math.max(...own) / bound].map(x => Math.round(10 * x) / 10)).toEqual([
        -1, 1,
      ])
    }
  })

  test('starts are uniform within the bounds', () => {
    const env = new CartPole({ spec })
    const starts = Array.from({ length: 2000 }, (_, seed) => env.reset({ seed }).observation)
    for (let i = 0; i < 4; i++) {
      const mean = starts.reduce((sum, start) => sum + start[i], 0) / starts.length
      const variance = starts.reduce((sum, start) => sum + start[i] ** 2, 0) / starts.length
      expect(Math.abs(mean)).toBeLessThan(0.003)
      expect(Math.sqrt(variance)).toBeCloseTo(0.1 / Math.sqrt(12), 2)
      expect(starts.every(start => Math.abs(start[i]) <= 0.05)).toBe(true)
    }
  })

  test('warnings of the checker are those that Gymnasium itself has', async () => {
    const warnings = await Promise.all(
      IDS.map(async id => (await checkEnv(makeEnv(id))).map(({ code }) => code)),
    )
    expect(new Set(warnings.flat())).toEqual(new Set(['space.observation-infinite']))
  })
})

describe('pictures', () => {
  async function picture(env: Env<unknown, unknown>): Promise<Frame> {
    const frame = await env.render?.()
    if (typeof frame !== 'object') throw new Error('no frame')
    return frame
  }

  test.each(IDS)('%s: an image that shows the state', async id => {
    const env = makeEnv(id)
    const inner = unwrapped(env) as CartPole
    env.reset({ seed: 1 })
    const before = await picture(env)
    expect(before.pixels).toHaveLength(before.width * before.height * 3)
    const painted = before.pixels.filter(x => x < 250).length / before.pixels.length
    expect(painted).toBeGreaterThan(0.01)
    expect(painted).toBeLessThan(0.5)
    inner.state = inner.state.map(x => x + 0.2)
    expect((await picture(env)).pixels).not.toEqual(before.pixels)
  })

  test.each(IDS)('%s: text for a terminal', async id => {
    const env = makeEnv(id, { renderMode: 'ansi' })
    env.reset({ seed: 1 })
    const lines = String(await env.render?.()).split('\n')
    expect(lines.length).toBeGreaterThan(10)
    expect(lines.every(line => line.split('▀').length === 61 && line.endsWith('\u001b[0m'))).toBe(true)
  })

  test("the cart stands where it is, the pole's tip where it leans", () => {
    const env = new CartPole({ spec })
    env.state = [0, 0, 0, 0]
    const { width, pixels } = env.render() as Frame
    const pixel = (x: number, y: number) => [...pixels.slice((y * width + x) * 3, (y * width + x) * 3 + 3)]
    expect(pixel(150, 155)).toEqual([0, 0, 0])
    expect(pixel(150, 100)).toEqual([202, 152, 101])
    expect(pixel(30, 100)).toEqual([255, 255, 255])
  })
})

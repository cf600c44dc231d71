import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import type { StepResult } from '../../src/envs/env.ts'
import type { ContinuousTarget } from '../../src/envs/exact/continuous-target.ts'
import { exactEnvs } from '../../src/envs/exact/definitions.ts'
import { optimum } from '../../src/envs/exact/optimum.ts'
import { TabularEnv } from '../../src/envs/exact/tabular.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { unwrapped } from '../../src/envs/wrappers/wrapper.ts'
import { describeEnv } from '../../src/testing.ts'
import type { Golden } from './classic-golden.ts'

const golden: Golden = JSON.parse(
  readFileSync(new URL('../golden/classic_gymnasium.json', import.meta.url), 'utf8'),
)
const IDS = Object.keys(exactEnvs)

for (const id of IDS) describeEnv(id, () => makeEnv(id))

function tabular(id: string): TabularEnv {
  const env = unwrapped(makeEnv(id))
  if (!(env instanceof TabularEnv)) throw new Error(`${id} is no table`)
  return env
}

describe('processes', () => {
  const tables = IDS.filter(id => id !== 'ContinuousTarget-v0')

  test.each(tables)('%s: probabilities sum to 1, and next states exist', id => {
    const { mdp } = tabular(id)
    expect(mdp.start.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
    for (let state = 0; state < mdp.states; state++) {
      for (let action = 0; action < mdp.actions; action++) {
        if (mdp.allowed?.(state, action) === false) continue
        const outcomes = mdp.outcomes(state, action)
        expect(outcomes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12)
        expect(outcomes.every(({ next }) => next >= 0 && next < mdp.states)).toBe(true)
      }
    }
  })

  test.each(Object.keys(golden.lakes))("%s: Gymnasium's transitions", id => {
    const { mdp } = tabular(id)
    const ours = []
    for (let state = 0; state < mdp.states; state++) {
      for (let action = 0; action < mdp.actions; action++) {
        for (const { probability, next, reward, terminated } of mdp.outcomes(state, action)) {
          ours.push([state, action, probability, next, reward, terminated])
        }
      }
    }
    expect(ours).toHaveLength(golden.lakes[id].length)
    for (const [i, [state, action, probability, ...rest]] of golden.lakes[id].entries()) {
      expect(ours[i]).toEqual([state, action, expect.closeTo(probability, 12), ...rest])
    }
  })
})

describe('optimal values', () => {
  test.each([
    ['Bandit-v0', 1, 0.9],
    // Eight moves from corner to corner, −1 each.
    ['GridWorld-v0', 1, -8],
    // 0.1 a step for the mean distance of 2.5 cells, from six starts to the sixth.
    ['MaskedWalk-v0', 1, 0.75],
    ['Memory-v0', 1, 1],
    ['TMaze-v0', 1, 1],
    // Slips cost time alone, which costs nothing without a discount.
    ['Chain-v0', 1, 1],
  ])('%s with gamma %d: %d', (id, gamma, expected) => {
    expect(optimum(tabular(id).mdp, { gamma }).expectedReturn).toBeCloseTo(expected, 9)
  })

  test("FrozenLake: the optima within the time limit that Gymnasium's registry notes, 0.74 and 0.91", () => {
    const within = (id: string, horizon: number) => optimum(tabular(id).mdp, { horizon }).expectedReturn
    expect(within('FrozenLake-v1', 100)).toBeCloseTo(0.74, 2)
    expect(within('FrozenLake8x8-v1', 200)).toBeCloseTo(0.91, 1)
  })

  test('the chain: going on is best until the discount makes the small reward tempting', () => {
    const { mdp } = tabular('Chain-v0')
    const patient = optimum(mdp, { gamma: 0.9 })
    // Bellman's equation, written out: 0.9 of the moves reach the end, 0.1 slip back.
    expect(patient.values[3]).toBeCloseTo(0.9 * 1 + 0.1 * 0.9 * patient.values[2], 9)
    expect(patient.actionValues.slice(0, 4).every(([take, go]) => go > take)).toBe(true)
    const hasty = optimum(mdp, { gamma: 0.5 })
    expect(hasty.expectedReturn).toBe(0.2)
    expect(hasty.values[3]).toBeGreaterThan(0.9)
  })

  test.each(['Bandit-v0', 'Chain-v0', 'FrozenLake-v1', 'MaskedWalk-v0', 'GridWorld-v0'])(
    '%s: playing the optimal actions earns the optimal return',
    id => {
      const env = tabular(id)
      const { actionValues, expectedReturn } = optimum(env.mdp)
      const returns = Array.from({ length: 3000 }, (_, seed) => {
        env.reset({ seed })
        let total = 0
        for (let t = 0; t < 5000; t++) {
          const row = actionValues[env.state]
          const { reward, terminated } = env.step(row.indexOf(Math.max(...row)))
          total += reward
          if (terminated) break
        }
        return total
      })
      const mean = returns.reduce((a, b) => a + b) / returns.length
      const deviation = Math.sqrt(returns.reduce((sum, x) => sum + (x - mean) ** 2, 0) / returns.length)
      expect(Math.abs(mean - expectedReturn)).toBeLessThan(4 * (deviation / Math.sqrt(returns.length)) + 1e-9)
    },
  )
})

describe('what each is for', () => {
  test('the masked walk forbids walls, and taking where nothing is', () => {
    const env = makeEnv<number, number>('MaskedWalk-v0')
    const inner = unwrapped(env) as TabularEnv
    env.reset({ seed: 1 })
    inner.state = 2
    expect([...(env.actionMask?.() ?? [])]).toEqual([1, 1, 0])
    inner.state = 0
    expect([...(env.actionMask?.() ?? [])]).toEqual([0, 1, 0])
    expect(() => env.step(0)).toThrow('the mask [0, 1, 0]')
    inner.state = 5
    expect([...(env.actionMask?.() ?? [])]).toEqual([1, 0, 1])
    expect(env.step(2)).toMatchObject({ reward: 1, terminated: true })
  })

  test('memory: after the cue, both worlds look alike until the choice pays', () => {
    const env = makeEnv<number, number>('Memory-v0', { length: 2 })
    const inner = unwrapped(env) as TabularEnv
    const seen = [0, 1].map(cue => {
      env.reset({ seed: 1 })
      inner.state = cue
      const walk = [0, 0, 0].map(() => (env.step(0) as StepResult<number>).observation)
      expect(env.step(cue)).toMatchObject({ reward: 1, terminated: true })
      return walk
    })
    expect(seen).toEqual([
      [2, 3, 4],
      [2, 3, 4],
    ])
    const cues = Array.from({ length: 50 }, (_, seed) => env.reset({ seed }) as { observation: number })
    expect(new Set(cues.map(({ observation }) => observation))).toEqual(new Set([0, 1]))
  })

  test('the T-maze: cells look alike, the way back and standing still cost, the cue decides', () => {
    const env = makeEnv<number, number>('TMaze-v0', { length: 3 })
    const inner = unwrapped(env) as TabularEnv
    env.reset({ seed: 1 })
    inner.state = 1
    const walk = [1, 3, 0, 1, 1, 1].map(action => env.step(action) as StepResult<number>)
    expect(walk.map(({ observation }) => observation)).toEqual([2, 1, 1, 2, 2, 3])
    expect(walk.map(({ reward }) => reward)).toEqual([0, -0.1, -0.1, 0, 0, 0])
    expect(env.step(2)).toMatchObject({ reward: 1, terminated: true })
    env.reset({ seed: 1 })
    inner.state = 7
    expect(env.step(0)).toMatchObject({ reward: -1, terminated: true })
  })

  test('continuous target: naming it costs nothing, anything else its squared distance', () => {
    const env = makeEnv<Float32Array, Float32Array>('ContinuousTarget-v0', { size: 3 })
    let { observation } = env.reset({ seed: 1 }) as { observation: Float32Array }
    const rng = Rng.of(1)
    for (let t = 0; t < 9; t++) {
      const shift = t % 2 === 0 ? 0 : rng.next()
      const result = env.step(observation.map(x => x + shift)) as StepResult<Float32Array>
      expect(result.reward).toBeCloseTo(-3 * shift ** 2, 5)
      observation = result.observation
    }
    expect(env.step(observation)).toMatchObject({ truncated: true, terminated: false })
  })

  test('continuous target: its state can be set, and what is none is refused', () => {
    const env = unwrapped(makeEnv('ContinuousTarget-v0', { size: 2 })) as ContinuousTarget
    expect(() => env.step(new Float32Array(2))).toThrow('has not begun')
    env.state = [0.5, -1]
    expect(env.render()).toBe('target [0.500, -1.000]')
    expect(env.step(Float32Array.of(0.5, 0)).reward).toBe(-1)
    for (const state of [[0.5], [0, 2], 0.5, [0, 'x']])
      expect(() => {
        env.state = state as number[]
      }).toThrow('is 2 numbers in [-1, 1]')
    for (const action of [[1], [1, Number.NaN]])
      expect(() => env.step(Float32Array.from(action))).toThrow(/takes actions of/)
    const saved = env.snapshot()
    const next = env.step(new Float32Array(2))
    env.restore(saved)
    expect(env.step(new Float32Array(2))).toEqual(next)
  })

  test('a grid: walls and borders stop, sides slip', () => {
    const env = tabular('GridWorld-v0')
    env.state = 2
    expect(env.step(2).observation).toBe(2)
    env.state = 0
    expect(env.step(3).observation).toBe(0)
    expect(env.step(1).observation).toBe(5)
    expect(env.render().split('\n')).toHaveLength(5)
  })

  test.each([[-1], [16], [1.5], ['x'], [[0]]])('%j is no state of a lake', state => {
    expect(() => {
      tabular('FrozenLake-v1').state = state as number
    }).toThrow('an integer from 0 to 15')
  })
})

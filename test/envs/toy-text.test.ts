import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { optimum } from '../../src/envs/exact/optimum.ts'
import type { Mdp } from '../../src/envs/exact/tabular.ts'
import { TabularEnv } from '../../src/envs/exact/tabular.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { Blackjack } from '../../src/envs/toy-text/blackjack.ts'
import { toyTextEnvs } from '../../src/envs/toy-text/definitions.ts'
import { unwrapped } from '../../src/envs/wrappers/wrapper.ts'
import { describeEnv } from '../../src/testing.ts'

type Row = readonly [probability: number, next: number, reward: number, terminated: number]

interface Hand {
  readonly cards: readonly number[]
  readonly first: readonly number[]
  readonly steps: readonly (readonly [
    action: number,
    seen: readonly number[],
    reward: number,
    ended: number,
  ])[]
}

const golden: {
  readonly tables: Readonly<Record<string, readonly (readonly (readonly Row[])[])[]>>
  readonly taxiStart: readonly number[]
  readonly taxiMasks: readonly string[]
  readonly blackjack: Readonly<Record<string, readonly Hand[]>>
} = JSON.parse(readFileSync(new URL('../golden/toy_text_gymnasium.json', import.meta.url), 'utf8'))

for (const id of Object.keys(toyTextEnvs)) describeEnv(id, () => makeEnv(id))
describeEnv('Taxi-v4, fickle in the rain', () => makeEnv('Taxi-v4', { isRainy: true, ficklePassenger: true }))

function mdpOf(id: string, options = {}): Mdp {
  const env = unwrapped(makeEnv(id, options))
  if (!(env instanceof TabularEnv)) throw new Error(`${id} is no table`)
  return env.mdp
}

function rowsOf(mdp: Mdp): readonly (readonly (readonly Row[])[])[] {
  return Array.from({ length: mdp.states }, (_, state) =>
    Array.from({ length: mdp.actions }, (_, action) =>
      mdp.outcomes(state, action).map(({ probability, next, reward, terminated }): Row => {
        return [Number(probability.toFixed(12)), next, reward, terminated ? 1 : 0]
      }),
    ),
  )
}

describe("tables are Gymnasium's", () => {
  test.each([
    ['CliffWalking-v1', 'CliffWalking-v1', {}],
    ['CliffWalkingSlippery-v1', 'CliffWalkingSlippery-v1', {}],
    ['Taxi-v4', 'Taxi-v3', {}],
    ['Taxi-v4', 'Taxi-v4', {}],
    ['Taxi-v4 rainy', 'Taxi-v4', { isRainy: true }],
  ])('%s by %s %o', (name, id, options) => {
    expect(rowsOf(mdpOf(id, options))).toEqual(golden.tables[name])
  })

  test('the starts and the masks of Taxi', () => {
    const { start, advised } = mdpOf('Taxi-v3')
    const starts = start.flatMap((probability, state) => (probability > 0 ? [state] : []))
    expect(starts).toEqual(golden.taxiStart)
    expect(new Set(starts.map(state => start[state]))).toEqual(new Set([1 / 300]))
    const masks = Array.from({ length: 500 }, (_, state) =>
      [0, 1, 2, 3, 4, 5].map(action => (advised?.(state, action) ? 1 : 0)).join(''),
    )
    expect(masks).toEqual(golden.taxiMasks)
  })
})

describe('Taxi', () => {
  test('a mistake is masked, carried out where it is chosen all the same, and costs 10', () => {
    const env = makeEnv<number, number>('Taxi-v3')
    const inner = unwrapped(env) as TabularEnv
    env.reset({ seed: 1 })
    // The passenger is at red, the taxi in the middle.
    inner.state = ((2 * 5 + 2) * 5 + 0) * 4 + 1
    expect(env.actionMask?.()[4]).toBe(0)
    expect(env.step(4)).toMatchObject({ reward: -10, terminated: false })
    expect(makeEnv('Taxi-v3', { masked: false }).actionMask).toBeUndefined()
  })

  test('the mean of the best returns within the time limit is 7.93', () => {
    expect(optimum(mdpOf('Taxi-v3'), { horizon: 200 }).expectedReturn).toBeCloseTo(7.93, 1)
  })

  test('a fickle passenger changes their mind once, after the first move aboard', () => {
    const mdp = mdpOf('Taxi-v4', { ficklePassenger: true, fickleProbability: 1 })
    const aboard = 500 + ((2 * 5 + 2) * 5 + 4) * 4 + 1
    const destinations = mdp.outcomes(aboard, 0).map(({ next }) => next)
    expect(destinations.map(next => next % 4)).toEqual([0, 2, 3])
    expect(destinations.every(next => next < 500)).toBe(true)
    expect(mdp.outcomes(aboard, 5)[0].next).toBe(aboard)
    expect(mdp.observe?.(aboard)).toBe(aboard - 500)
    expect(mdp.start.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
    expect(mdp.start.slice(0, 500).every(p => p === 0)).toBe(true)
  })
})

test('CliffWalking is drawn with its cliff, its goal and whoever walks', () => {
  const env = makeEnv<number, number>('CliffWalking-v1')
  env.reset({ seed: 1 })
  const lines = () => stripVTControlCharacters(String(env.render?.())).split('\n')
  const free = Array(12).fill('o').join(' ')
  const cliff = Array(10).fill('C').join(' ')
  expect(lines()).toEqual([free, free, free, `x ${cliff} T`])
  env.step(0)
  expect(lines()).toEqual([free, free, free.replace('o', 'x'), `o ${cliff} T`])
})

test('CliffWalking: the best return is −13', () => {
  expect(optimum(mdpOf('CliffWalking-v1'), { horizon: 100 }).expectedReturn).toBe(-13)
})

describe('Blackjack', () => {
  test.each([
    ['sab', { natural: false, suttonBarto: true }],
    ['natural', { natural: true, suttonBarto: false }],
    ['plain', { natural: false, suttonBarto: false }],
  ])("hands of the same cards go as Gymnasium's, %s", (rules, options) => {
    let cards: number[] = []
    const spec = { id: 'Blackjack-v1' }
    const env = new Blackjack({ spec, ...options, draw: () => cards.shift() ?? Number.NaN })
    for (const hand of golden.blackjack[rules]) {
      cards = [...hand.cards]
      expect(env.reset().observation).toEqual(hand.first)
      for (const [action, observation, reward, ended] of hand.steps) {
        expect(env.step(action)).toMatchObject({ observation, reward, terminated: ended === 1 })
      }
      expect(cards).toEqual([])
    }
    expect(golden.blackjack[rules].some(({ steps }) => steps.some(([, , reward]) => reward !== -1))).toBe(
      true,
    )
  })

  test('four of thirteen cards count ten, the others one each', () => {
    const env = makeEnv<readonly number[], number>('Blackjack-v1')
    const counts = new Array<number>(11).fill(0)
    env.reset({ seed: 1 })
    for (let i = 0; i < 6500; i++) {
      const { observation } = env.reset() as { observation: readonly number[] }
      counts[observation[1]]++
    }
    expect(counts[0]).toBe(0)
    for (let card = 1; card < 10; card++) expect(Math.abs(counts[card] - 500)).toBeLessThan(100)
    expect(Math.abs(counts[10] - 2000)).toBeLessThan(170)
  })

  test('sticking at 20 and 21 alone loses a third of the stake', () => {
    const env = makeEnv<readonly number[], number>('Blackjack-v1')
    const rng = Rng.of(1)
    let total = 0
    const episodes = 20_000
    for (let i = 0; i < episodes; i++) {
      let { observation } = env.reset({ seed: rng.int(2 ** 31) }) as { observation: readonly number[] }
      for (let ended = false; !ended; ) {
        const result = env.step(observation[0] >= 20 ? 0 : 1) as unknown as {
          readonly observation: readonly number[]
          readonly reward: number
          readonly terminated: boolean
        }
        observation = result.observation
        ended = result.terminated
        total += result.reward
      }
    }
    expect(Math.abs(total / episodes + 0.34)).toBeLessThan(0.04)
  })
})

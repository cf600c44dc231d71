import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Rng } from '../../src/common/random.ts'
import type { StepResult } from '../../src/envs/env.ts'
import { breakout } from '../../src/envs/pictures/breakout.ts'
import { pictureEnvs } from '../../src/envs/pictures/definitions.ts'
import { pictureOf, type Rules } from '../../src/envs/pictures/game.ts'
import { type SpaceInvadersState, spaceInvaders } from '../../src/envs/pictures/space-invaders.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { describeEnv } from '../../src/testing.ts'

interface Episode {
  /** Which side the ball comes from: what MinAtar drew. */
  readonly start: number
  /** One alien is left, and a shot two rows below it: a new wave comes. */
  readonly last: boolean
  /** Digits. */
  readonly actions: string
  readonly rewards: string
  /** Digests of all frames, the first one's first. */
  readonly pictures: readonly number[]
  readonly ended: boolean
}

const golden: Readonly<Record<string, readonly Episode[]>> = JSON.parse(
  readFileSync(new URL('../golden/pictures_minatar.json', import.meta.url), 'utf8'),
)

for (const id of Object.keys(pictureEnvs)) describeEnv(id, () => makeEnv(id))

describe("episodes are MinAtar's, given its draws", () => {
  test('Breakout', () => replayed('MinBreakout-v0', breakout))
  test('Space Invaders', () => replayed('MinSpaceInvaders-v0', spaceInvaders))

  test('walls were broken and came again, and waves followed each other, in what was compared', () => {
    const scores = (id: string) => golden[id].map(({ rewards }) => rewards.replaceAll('0', '').length)
    expect(Math.max(...scores('MinBreakout-v0'))).toBeGreaterThan(30)
    expect(
      golden['MinSpaceInvaders-v0'].some(({ last }, i) => last && scores('MinSpaceInvaders-v0')[i] > 9),
    ).toBe(true)
  })
})

describe('sticky actions', () => {
  test('a tenth of the actions are the last one again', () => {
    const env = makeEnv<Uint8Array, number>('MinBreakout-v0')
    let [same, count] = [0, 0]
    for (let episode = 0; episode < 400; episode++) {
      env.reset({ seed: episode })
      // The first action repeats `stay`: the paddle then hasn't moved.
      const { observation } = env.step(1) as StepResult<Uint8Array>
      if (paddleOf(observation) === 4) same++
      count++
    }
    expect(Math.abs(same / count - 0.1)).toBeLessThan(0.05)
  })

  test('without them every action is done', () => {
    const env = makeEnv<Uint8Array, number>('MinBreakout-v0', { stickyProbability: 0 })
    for (let episode = 0; episode < 50; episode++) {
      env.reset({ seed: episode })
      expect(paddleOf((env.step(2) as StepResult<Uint8Array>).observation)).toBe(5)
    }
  })
})

test('Breakout: a ball that would leave at the top comes down again, from the first row', () => {
  const state = breakout.start({ int: () => 0 } as unknown as Rng)
  state.bricks.fill(0)
  state.ball = { row: 0, column: 4, down: -1, right: 1 }
  expect(breakout.advance(state, 0)).toEqual({ reward: 0, ended: false })
  expect(state.ball).toEqual({ row: 0, column: 5, down: 1, right: 1 })
  expect(state.trail).toEqual({ row: 0, column: 4 })
  breakout.advance(state, 0)
  expect(state.ball).toEqual({ row: 1, column: 6, down: 1, right: 1 })
})

test('pictures are drawn in colours', () => {
  const env = makeEnv('MinBreakout-v0')
  env.reset({ seed: 1 })
  const frame = env.render?.()
  expect(frame).toMatchObject({ width: 200, height: 200 })
})

function replayed<S>(id: string, rules: Rules<S>): void {
  for (const { start, last, actions, rewards, pictures, ended } of golden[id]) {
    const state = rules.start({ int: () => start } as unknown as Rng)
    if (last) leaveOneAlien(state as SpaceInvadersState)
    const ours = [digest(pictureOf(rules, state))]
    const results = [...actions].map(action => {
      const result = rules.advance(state, Number(action))
      ours.push(digest(pictureOf(rules, state)))
      return result
    })
    expect(ours).toEqual(pictures)
    expect(results.map(({ reward }) => reward).join('')).toBe(rewards)
    expect(results.map(each => each.ended)).toEqual(
      [...actions].map((_, i) => ended && i === actions.length - 1),
    )
  }
}

function leaveOneAlien(state: SpaceInvadersState): void {
  state.aliens.fill(0)
  state.aliens[13] = 1
  state.shots[33] = 1
}

/** As test/golden/pictures_minatar.py has it. */
function digest(picture: Uint8Array): number {
  let total = 0
  for (const [place, there] of picture.entries())
    if (there !== 0) total = (total * 31 + place + 1) % 1_000_003
  return total
}

/** Column of the paddle, channel 0 of 4. */
function paddleOf(observation: Uint8Array): number {
  return Array.from({ length: 10 }, (_, column) => observation[(90 + column) * 4]).indexOf(1)
}

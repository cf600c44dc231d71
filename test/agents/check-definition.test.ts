import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Trajectory } from '../../src/agents/agent.ts'
import { checkAgent, type TestContext } from '../../src/agents/check.ts'
import { Box, Discrete, MultiDiscrete } from '../../src/envs/spaces.ts'
import { LinearQ, linearQ } from './linear-q.ts'

const throws = (message: string) => () => {
  throw new Error(message)
}

describe('definitions', () => {
  const check = async (change: Partial<typeof linearQ>, options = {}) =>
    (await checkAgent({ ...linearQ, ...change } as typeof linearQ, { learning: false, ...options })).map(
      ({ code }) => code,
    )

  test.each<[string, Partial<Record<keyof typeof linearQ, unknown>>]>([
    ['config.undescribed', { config: z.strictObject({ rate: z.number().default(1) }) }],
    ['config.unknown-keys', { config: z.object({}) }],
    ['config.defaults', { config: z.strictObject({ rate: z.number().describe('of learning') }) }],
    ['refuses.throws', { refuses: throws('no') }],
    ['refuses.reason', { refuses: () => false }],
    ['refuses.all', { refuses: () => 'never' }],
  ])('%s', async (code, change) => {
    const found = await check(change as Partial<typeof linearQ>)
    expect(found).toContain(code)
    expect(found.filter(other => other !== code && other !== 'refuses.all')).toEqual([])
  })

  test('spaces that are not refused must be mastered', async () => {
    const found = await checkAgent({ ...linearQ, refuses: undefined }, { learning: false })
    expect(found.map(({ message }) => message).join('\n')).toMatch(/with (MultiDiscrete|Box) actions/)
  })

  test('given spaces alone are tried, and settings reach the factory', async () => {
    const seen: unknown[] = []
    const factory = (context: Parameters<typeof linearQ.factory>[0]) => {
      seen.push(context.config)
      return linearQ.factory(context)
    }
    expect(await check({ factory }, { actionSpace: new Discrete(2), config: { unused: 5 } })).toEqual([])
    expect(new Set(seen)).toEqual(new Set([{ unused: 5 }]))
    expect(await check({}, { actionSpace: new Box(0, 1, [1]) })).toEqual(['refuses.all'])
  })
})

describe('learning', () => {
  /** Learns the opposite. */
  class Contrary extends LinearQ {
    override learn(trajectories: readonly Trajectory<unknown, number>[]) {
      return super.learn(
        trajectories.map(trajectory => ({
          ...trajectory,
          transitions: trajectory.transitions.map(t => ({ ...t, reward: -t.reward })),
        })),
      )
    }
  }
  const contrary = { ...linearQ, factory: (context: TestContext) => new Contrary(context) } as typeof linearQ

  test('an agent that goes the wrong way is found out by every environment', async () => {
    const found = await checkAgent(contrary, { learningSteps: 4000 })
    expect(found.map(({ code }) => code)).toEqual([
      'learning.bandit',
      'learning.chain',
      'learning.maskedwalk',
      'learning.gridworld',
    ])
    expect(found[0].message).toMatch(
      /Bandit-v0.*in 4000 steps.*of the way from random actions to the optimum/,
    )
  })

  test('a reason that is none hides nothing of what it learns', async () => {
    const refuses: typeof linearQ.refuses = of =>
      of.actionSpace instanceof MultiDiscrete ? '' : linearQ.refuses?.(of)
    const found = (await checkAgent({ ...contrary, refuses }, { learningSteps: 400 })).map(({ code }) => code)
    expect(found).toContain('refuses.reason')
    expect(found).toContain('learning.bandit')
  })

  test('without learning it passes', async () => {
    expect(await checkAgent(contrary, { learning: false })).toEqual([])
  })
})

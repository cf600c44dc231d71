import { describe, expect, test } from 'vitest'
import type { Agent } from '../../src/agents/agent.ts'
import { playedScoreOf, scoreOf } from '../../src/agents/check/score.ts'
import { checkAgent, type TestContext } from '../../src/agents/check.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { LinearQ } from './linear-q.ts'

type Made = Agent<unknown, unknown>

/** An agent that does this, whatever it is to explore. */
const doing = (choose: (observation: unknown, mask: Uint8Array | undefined) => unknown): Made =>
  ({
    act: (observations: readonly unknown[], { masks }: { masks: readonly (Uint8Array | undefined)[] }) =>
      observations.map((observation, i) => ({ action: choose(observation, masks[i]) })),
  }) as unknown as Made

describe('how far an agent comes from chance to the optimum', () => {
  test('in a table, exactly: the best gets 1, who takes the little gets less than chance', async () => {
    const chain = makeEnv('Chain-v0')
    expect(
      await scoreOf(
        doing(() => 1),
        chain,
      ),
    ).toBeCloseTo(1, 9)
    expect(
      await scoreOf(
        doing(() => 0),
        chain,
      ),
    ).toBeLessThan(1)
    const walk = makeEnv('MaskedWalk-v0')
    const seen: unknown[] = []
    const right = doing((_, mask) => {
      seen.push(mask)
      const allowed = [...(mask ?? [])]
      return allowed[2] === 1 ? 2 : 1
    })
    expect(await scoreOf(right, walk)).toBeCloseTo(1, 9)
    for (const mask of seen) expect(mask).toBeInstanceOf(Uint8Array)
  })

  test('on a target: named exactly it is 1, the middle gets half', async () => {
    const target = makeEnv('ContinuousTarget-v0', { size: 2 })
    expect(
      await scoreOf(
        doing(observation => observation),
        target,
      ),
    ).toBe(1)
    // The best constant action costs 1/3 a coordinate, a random one 2/3.
    expect(
      await scoreOf(
        doing(() => new Float32Array(2)),
        target,
      ),
    ).toBeCloseTo(0.5, 1)
  })

  test('by episodes, where what came before counts', async () => {
    const target = makeEnv('ContinuousTarget-v0', { size: 2 })
    expect(
      await playedScoreOf(
        doing(observation => observation),
        target,
        3,
      ),
    ).toBe(1)
    expect(
      await playedScoreOf(
        doing(() => new Float32Array(2)),
        target,
        3,
      ),
    ).toBeCloseTo(0.5, 1)
    const memory = makeEnv('Memory-v0', { length: 2 })
    const given: unknown[] = []
    const remembering = {
      act: (
        [observation]: readonly number[],
        context: { memories: readonly (Float32Array | undefined)[] },
      ) => {
        const [before] = context.memories
        given.push(before?.[0])
        const own = before ?? Float32Array.of(observation)
        return [{ action: own[0], memory: own }]
      },
    } as unknown as Made
    expect(await playedScoreOf(remembering, memory, 3)).toBeCloseTo(1, 9)
    expect(given.slice(0, 5).map(x => x === undefined)).toEqual([true, false, false, false, true])
    expect(
      Math.abs(
        await playedScoreOf(
          doing(() => 0),
          memory,
          3,
        ),
      ),
    ).toBeLessThan(0.5)
  })

  test('nowhere else: no optimum is known', async () => {
    const pole = makeEnv('CartPole-v1')
    await expect(
      scoreOf(
        doing(() => 0),
        pole,
      ),
    ).rejects.toThrow('CartPole-v1 has no optimum that is known')
    await expect(
      playedScoreOf(
        doing(() => 0),
        pole,
        1,
      ),
    ).rejects.toThrow('no optimum that is known')
  })
})

describe('what a check says', () => {
  const found = async (members: object) =>
    (await checkAgent(context => Object.assign(new LinearQ(context as TestContext), members) as Made)).map(
      ({ code, message }) => `${code}: ${message}`,
    )

  test.each([
    undefined,
    null,
    { unit: 'step', count: 0 },
    { unit: 'step', count: 1.5 },
    { unit: 'steps', count: 1 },
  ])('an appetite is none: %j', async appetite => {
    for (const message of await found({ appetite })) expect(message).toMatch(/^appetite\.invalid/)
  })

  test.each([undefined, null, 5, 'text'])('a report is none: %j', async report => {
    expect(await found({ learn: () => report })).toContainEqual(
      expect.stringMatching(/^learn\.report: learn\(\) returns/),
    )
  })

  test('where an agent leaves its course: before which update', async () => {
    let learned = 0
    const learn = function (this: LinearQ, ...given: Parameters<LinearQ['learn']>) {
      // Something of its own decides, which no state holds.
      this.weights[0] += ++learned / 1000
      return LinearQ.prototype.learn.apply(this, given)
    }
    const messages = await found({ learn })
    expect(messages.join('\n')).toMatch(/(state|report)\.\w+ after update 1: /)
  })
})

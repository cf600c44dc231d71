import { describe, expect, test } from 'vitest'
import { clipNorm, stepTogether } from '../../src/agents/adam.ts'
import type { Agent, AgentContext, Trajectory } from '../../src/agents/agent.ts'
import { playedScoreOf, scoreOf } from '../../src/agents/check/score.ts'
import { checkAgent, type TestContext } from '../../src/agents/check.ts'
import { Dqn } from '../../src/agents/dqn/agent.ts'
import { dqnConfig } from '../../src/agents/dqn/config.ts'
import { Ppo } from '../../src/agents/ppo/agent.ts'
import { ppoConfig } from '../../src/agents/ppo/config.ts'
import { RecurrentPpo } from '../../src/agents/recurrent-ppo/agent.ts'
import { recurrentConfig, wholeRecurrentConfig } from '../../src/agents/recurrent-ppo/config.ts'
import { Sac } from '../../src/agents/sac/agent.ts'
import { sacConfig, wholeSacConfig } from '../../src/agents/sac/config.ts'
import { smaller } from '../../src/agents/sac/form.ts'
import { pack, packedLength, readCount, readPart, restoreAgent, unpackInto } from '../../src/agents/state.ts'
import { failure } from '../../src/common/error.ts'
import { Rng } from '../../src/common/random.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { Box, Discrete } from '../../src/envs/spaces.ts'
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

const space = { observationSpace: new Box(-1, 1, [1]), actionSpace: new Discrete(2), gamma: 0.9 }
const context = () => ({ ...space, rng: Rng.of(1) })
const trajectory = (more: object = {}): Trajectory<unknown, unknown> => ({
  ...{
    episode: 0,
    actor: 'shared',
    terminated: true,
    truncated: false,
    finalObservation: Float32Array.of(0),
  },
  transitions: Array.from({ length: 8 }, (_, t) => ({
    observation: Float32Array.of(Math.sin(t)),
    action: t % 2,
    reward: t % 3,
    duration: 1,
    ...more,
  })),
})

describe('settings that change while an agent learns', () => {
  const agents: Readonly<Record<string, () => Made>> = {
    ppo: () =>
      new Ppo({
        ...context(),
        config: ppoConfig.parse({ totalSteps: 100, numSteps: 8, annealLearningRate: true }),
      }) as Made,
    dqn: () =>
      new Dqn({
        ...context(),
        config: dqnConfig.parse({ hidden: [4], learningStarts: 1, totalSteps: 100 }),
      }) as Made,
    sac: () =>
      new Sac({
        ...context(),
        config: sacConfig.parse({ hidden: [4], learningStarts: 0, trainFrequency: 1 }),
      }) as Made,
    recurrent: () =>
      new RecurrentPpo({
        ...context(),
        config: recurrentConfig.parse({ units: 3, totalSteps: 100, numSteps: 8, annealLearningRate: true }),
      }) as Made,
  }

  test.each(Object.entries(agents))(
    '%s: its rate is the one that was said last, and no schedule’s',
    async (_, make) => {
      const moved = async (learningRate: number) => {
        const agent = make()
        agent.adjust?.({ learningRate })
        const before = JSON.stringify(agent.state())
        const report = await agent.learn([trajectory()])
        return { report, before, after: JSON.stringify(agent.state()) }
      }
      const [still, quick] = [await moved(0), await moved(0.01)]
      expect(quick.before).toBe(still.before)
      expect(quick.after).not.toBe(still.after)
      if (quick.report.learningRate !== undefined) expect(quick.report.learningRate).toBe(0.01)
      expect(() => make().adjust?.({ hidden: 3 })).toThrow("'hidden' can't change while the agent learns")
      expect(make().adjustable).toContain('learningRate')
    },
  )
})

describe('recurrent PPO', () => {
  const make = (more: Partial<AgentContext> = {}) =>
    new RecurrentPpo({
      ...context(),
      config: recurrentConfig.parse({ units: 3, epochs: 1, minibatches: 1 }),
      ...more,
    } as never)

  test('log-probabilities that nobody recorded are those of the policy, suggested logits included', async () => {
    for (const initialLogits of [undefined, Float32Array.of(0, 2)]) {
      const agent = make({ initialLogits })
      const observations = trajectory().transitions.map(({ observation }) => observation)
      const transitions: object[] = []
      let memory: Float32Array | undefined
      for (const observation of observations) {
        const asked = { masks: [undefined], memories: [memory], explore: true, rng: Rng.of(4) }
        const [decision] = await agent.act([observation], asked)
        transitions.push({ observation, ...decision, memory, reward: 1, duration: 1 })
        memory = decision.memory
      }
      const recorded = { ...trajectory(), transitions } as Trajectory<unknown, unknown>
      const bare = transitions.map(transition => ({ ...transition, logProbability: undefined }))
      const [a, b] = [recorded, { ...recorded, transitions: bare }].map(given =>
        make({ initialLogits }).learn([given as never]),
      )
      expect(Object.keys(a).length).toBeGreaterThan(3)
      for (const [name, value] of Object.entries(a)) expect(b[name], name).toBeCloseTo(value, 6)
    }
  })

  test('a value network of the user’s own is refused too', () => {
    const networks = { value: () => undefined }
    expect(() => make({ networks } as never)).toThrow('networks of its own')
  })

  test('its whole settings are as they are, said again', () => {
    const config = recurrentConfig.parse({ units: 5, totalSteps: 50 })
    const whole = wholeRecurrentConfig({ config, actionSpace: space.actionSpace } as never)
    expect(whole).toMatchObject({ units: 5, totalSteps: 50 })
    expect(wholeRecurrentConfig({ config: whole, actionSpace: space.actionSpace } as never)).toEqual(whole)
  })
})

describe('SAC', () => {
  test('the smaller of two critics, and which it is', () => {
    const { values, of } = smaller(Float32Array.of(1, 5, 2), Float32Array.of(3, 4, 2))
    expect([[...values], [...of]]).toEqual([
      [1, 4, 2],
      [0, 1, 0],
    ])
  })

  test('its report has the policy’s entropy, which is highest where nothing was learned', () => {
    const make = (initialTemperature: number) =>
      new Sac({
        ...context(),
        actionSpace: new Box(-1, 1, [1]),
        config: sacConfig.parse({ hidden: [4], learningStarts: 0, trainFrequency: 1, initialTemperature }),
      })
    const acted = trajectory()
    const transitions = acted.transitions.map((each, t) => ({
      ...each,
      action: Float32Array.of(Math.cos(t)),
    }))
    const { entropy } = make(0.2).learn([{ ...acted, transitions }])
    // tanh of a normal number of about variance 1 has about log 2 − 0.1 nats, and never more than log 2.
    expect(entropy).toBeGreaterThan(0)
    expect(entropy).toBeLessThan(Math.LN2)
  })

  test('what is forbidden in a state is forbidden where it is replayed', () => {
    const agent = new Sac({ ...context(), config: sacConfig.parse({ hidden: [4], learningStarts: 100 }) })
    agent.learn([trajectory({ mask: Uint8Array.of(0, 1) })])
    const { rows } = agent.state().replay as { readonly rows: string }
    const numbers = new Float32Array(packedLength(rows) ?? 0)
    unpackInto(numbers, rows, 'rows')
    // Observation, next one, action, reward, discount, the next mask, its own.
    const width = 1 + 1 + 1 + 2 + 2 + 2
    expect(numbers).toHaveLength(8 * width)
    for (let row = 0; row < 8; row++)
      expect([...numbers.subarray((row + 1) * width - 2, (row + 1) * width)]).toEqual([0, 1])
  })

  test('its whole settings are as they are, said again', () => {
    for (const config of [{}, { totalSteps: 50 }, { preset: 'control', hidden: [3] }]) {
      const whole = wholeSacConfig({ config: sacConfig.parse(config) })
      expect(whole).toMatchObject(config)
      expect(wholeSacConfig({ config: whole })).toEqual(whole)
    }
    expect(wholeSacConfig({ config: sacConfig.parse({}) }).preset).toBe('fine-tuning')
    expect(wholeSacConfig({ config: sacConfig.parse({ totalSteps: 9 }) }).preset).toBe('control')
  })
})

describe('saved states', () => {
  test('come back bit by bit, and others are refused with what they are', () => {
    const values = Float32Array.of(1, -0, Math.fround(0.1))
    const back = new Float32Array(3)
    unpackInto(back, pack(values), 'weights')
    expect(back).toEqual(values)
    expect(packedLength(pack(values))).toBe(3)
    expect(packedLength(3)).toBeUndefined()
    expect(() => unpackInto(back, pack(Float32Array.of(1)), 'weights')).toThrow(
      "saved 'weights' is 1 numbers, but 3 numbers are needed",
    )
    expect(() => unpackInto(back, undefined, 'weights')).toThrow("saved 'weights' is undefined, but 3")
  })

  test('counts and parts are what they are', () => {
    expect([readCount(0, 'steps'), readCount(7, 'steps')]).toEqual([0, 7])
    for (const wrong of [-1, 1.5, '3', undefined])
      expect(() => readCount(wrong, 'steps')).toThrow("'steps' is")
    expect(readPart({ a: 1 }, 'part')).toEqual({ a: 1 })
    for (const wrong of [null, undefined, 5])
      expect(() => readPart(wrong, 'part')).toThrow("'part' is missing")
  })

  test('that don’t fit are an input error, whatever the agent makes of them', () => {
    const restoring = (error: unknown) => () =>
      restoreAgent(
        {
          restore: () => {
            throw error
          },
        },
        {},
      )
    expect(restoring(new TypeError('x is undefined'))).toThrow("can't be put back (x is undefined)")
    const own = failure('mine', 'as it is')
    expect(restoring(own)).toThrow(own)
    expect(() => restoreAgent({ restore: () => undefined }, null)).toThrow("'state' is missing")
    const restored: unknown[] = []
    restoreAgent({ restore: state => void restored.push(state) }, { a: 1 })
    expect(restored).toEqual([{ a: 1 }])
  })
})

describe('gradients are held within a norm', () => {
  test('one alone', () => {
    const [long, short] = [Float32Array.of(3, 4), Float32Array.of(0.3, 0.4)]
    expect(clipNorm(long, 1)).toBe(5)
    expect([...long].map(x => x.toFixed(4))).toEqual(['0.6000', '0.8000'])
    expect(clipNorm(short, 1)).toBeCloseTo(0.5, 6)
    expect(short).toEqual(Float32Array.of(0.3, 0.4))
    const exact = Float32Array.of(3, 4)
    clipNorm(exact, 5)
    expect([...exact]).toEqual([3, 4])
  })

  test('several together, none that is not finite', () => {
    const moved: [number, number][] = []
    const part = (gradient: readonly number[]) => ({
      parameters: new Float32Array(2),
      gradient: Float32Array.from(gradient),
      optimizer: {
        read: (given: Float32Array) => given.reduce((sum, x) => sum + x * x, 0),
        move: (_: Float32Array, scale: number) => moved.push([moved.length, scale]),
      },
    })
    const parts = [part([3, 0]), part([0, 4])] as never
    expect(stepTogether(parts, 10)).toBe(5)
    expect(stepTogether(parts, 2.5)).toBe(5)
    expect(moved.map(([, scale]) => scale)).toEqual([1, 1, 0.5, 0.5])
    expect(() => stepTogether([part([Number.NaN, 0])] as never, 1)).toThrow(
      'a gradient of the agent is not finite',
    )
    expect(moved).toHaveLength(4)
  })
})

import { describe, expect, test } from 'vitest'
import type { Agent, AgentContext, Trajectory } from '../../src/agents/agent.ts'
import { Dqn } from '../../src/agents/dqn/agent.ts'
import { dqnConfig } from '../../src/agents/dqn/config.ts'
import { Ppo } from '../../src/agents/ppo/agent.ts'
import { ppoConfig } from '../../src/agents/ppo/config.ts'
import { RecurrentPpo } from '../../src/agents/recurrent-ppo/agent.ts'
import { recurrentConfig, wholeRecurrentConfig } from '../../src/agents/recurrent-ppo/config.ts'
import { Sac } from '../../src/agents/sac/agent.ts'
import { sacConfig, wholeSacConfig } from '../../src/agents/sac/config.ts'
import { smaller } from '../../src/agents/sac/form.ts'
import { packedLength, unpackInto } from '../../src/agents/state.ts'
import { Rng } from '../../src/common/random.ts'
import { Box, Discrete } from '../../src/envs/spaces.ts'

type Made = Agent<unknown, unknown>

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

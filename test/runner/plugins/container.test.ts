import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineAgent } from '../../../src/agents/agent.ts'
import { RandomAgent } from '../../../src/agents/random/agent.ts'
import { LayergymError } from '../../../src/common/error.ts'
import { Rng } from '../../../src/common/random.ts'
import { logLoss } from '../../../src/envs/finetune/reward.ts'
import { Box, Discrete } from '../../../src/envs/spaces.ts'
import { builtinAgents } from '../../../src/runner/plugins/builtin-agents.ts'
import { buildContainer } from '../../../src/runner/plugins/container.ts'
import { definePlugin } from '../../../src/runner/plugins/plugin.ts'
import { describeAgent } from '../../../src/testing.ts'

const context = () => ({
  observationSpace: new Box(-1, 1, [3]),
  actionSpace: new Discrete(4),
  rng: Rng.of(1),
  gamma: 0.9,
})

const mine = (seen: unknown[]) =>
  defineAgent({
    description: 'a third party',
    config: z.strictObject({ stepSize: z.number().max(1).default(0.5), depth: z.number().optional() }),
    factory: ({ config, actionSpace }) => {
      seen.push(config.stepSize)
      return new RandomAgent(actionSpace)
    },
  })

const shipped = Object.keys(builtinAgents.agents ?? {})

describe('buildContainer', () => {
  test('knows the definitions of all plugins, in their order', () => {
    const seen: unknown[] = []
    const theirs = definePlugin({ name: 'theirs', agents: { mine: mine(seen) }, rewards: { other: logLoss } })
    const container = buildContainer([builtinAgents, theirs])
    expect(container.all('agents').map(([id]) => id)).toEqual([...shipped, 'mine'])
    expect(container.get('rewards', 'other')).toBe(logLoss)
    expect(container.all('tasks')).toEqual([])
    container.createAgent('mine', { ...context(), config: { 'step-size': 0.25 } })
    container.createAgent('mine', context())
    expect(seen).toEqual([0.25, 0.5])
  })

  test('without plugins it is empty', () => {
    expect(buildContainer([]).all('agents')).toEqual([])
  })

  test('two plugins with one id are refused, both named', () => {
    const plugins = [builtinAgents, { name: 'theirs', agents: { random: mine([]) } }]
    expect(() => buildContainer(plugins)).toThrow(
      /agent 'random' is registered by 'layergym' and by 'theirs'/,
    )
  })

  test('the same id in two kinds is no clash', () => {
    const plugin = { agents: { mine: mine([]) }, rewards: { mine: logLoss } }
    expect(buildContainer([plugin]).get('rewards', 'mine')).toBe(logLoss)
  })

  test('a user may override by id', () => {
    const own = mine([])
    const container = buildContainer([builtinAgents], { agents: { random: own, another: own } })
    expect(container.get('agents', 'random')).toBe(own)
    expect(container.all('agents').map(([id]) => id)).toEqual([...shipped, 'another'])
  })

  test('containers do not share what is bound', () => {
    buildContainer([builtinAgents])
    expect(buildContainer([{ agents: { mine: mine([]) } }]).all('agents')).toHaveLength(1)
  })
})

describe('createAgent refuses, as input errors', () => {
  const container = buildContainer([builtinAgents, { agents: { mine: mine([]) } }])
  const create = (id: string, config: Record<string, unknown>, actionSpace?: Box) => () =>
    container.createAgent(id, { ...context(), config, ...(actionSpace && { actionSpace }) })

  test.each([
    ['an unknown id', create('reinforc', {}), /unknown agent 'reinforc': did you mean 'reinforce'/],
    ['a misspelt setting', create('reinforce', { hiden: [8] }), /no setting 'hiden': did you mean 'hidden'/],
    ['a setting of an agent without any', create('random', { rate: 1 }), /no setting 'rate'.*it has none/],
    ['a value out of range', create('mine', { stepSize: 2 }), /agent 'mine': 'stepSize' can't be 2: .*<=1/],
    ['a wrong type', create('reinforce', { hidden: ['x'] }), /'hidden\.0' can't be "x": .*expected number/],
    ['spaces', create('dqn', {}, new Box(0, 1, [2])), /'dqn'.*can't act here.*box/s],
  ])('%s', (_name, act, message) => {
    expect(act).toThrow(message)
    expect(act).toThrow(LayergymError)
  })
})

const container = buildContainer([builtinAgents])
describeAgent('reinforce through the container', setup => container.createAgent('reinforce', setup))

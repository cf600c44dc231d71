import { inputError, LayergymError, messageOf } from '../common/error.ts'
import { type Finding, Findings } from '../common/findings.ts'
import { NeverEnded, type Patience, Watch } from '../envs/check/watch.ts'
import type { Space } from '../envs/env.ts'
import { Box, Discrete } from '../envs/spaces.ts'
import type { AgentContext, AgentDefinition } from './agent.ts'
import { checkActing } from './check/acting.ts'
import { checkArrays } from './check/arrays.ts'
import { accepts, checkConfig, defaultConfig } from './check/definition.ts'
import { checkLearning } from './check/learning.ts'
import { checkMemory } from './check/memory.ts'
import { checkSkill } from './check/skill.ts'
import { checkState } from './check/state.ts'
import { checkTensors } from './check/tensors.ts'
import { type AnyAgent, checkAppetite, type TestContext, Trial } from './check/trial.ts'
import { everyWorld, type World } from './check/worlds.ts'

export type { Finding, TestContext }

/** An agent as a plugin registers it, or what makes one. */
export type AgentUnderTest = AgentDefinition | ((context: TestContext) => AnyAgent)

/** How `checkAgent` tries an agent. */
export interface AgentCheckOptions extends Patience {
  /** Settings as the definition's schema parsed them; default: what it makes of {}. */
  readonly config?: unknown
  /** Tries the agent in these spaces alone. Default for a definition: in all that it doesn't refuse. */
  readonly observationSpace?: Space<unknown>
  readonly actionSpace?: Space<unknown>
  /** Decides everything random; the same one finds the same. */
  readonly seed?: number
  /** Whether it must learn small environments; default: a definition must, a bare factory needn't. */
  readonly learning?: boolean
  /** Environment steps to learn each of them in; default 20 000. */
  readonly learningSteps?: number
}

/**
 * Holds an agent to its contract: decisions, masks, streams of random numbers, states that bring back the same future,
 * arrays left alone, tensors given back, spaces refused or mastered; and whether it learns small environments to near
 * their optimum. Never throws for what the agent does wrong; a call whose promise doesn't settle in time is reported,
 * and ends the check.
 * @throws interrupted when the signal says so
 */
export async function checkAgent(
  agent: AgentUnderTest,
  options: AgentCheckOptions = {},
): Promise<readonly Finding[]> {
  const findings = new Findings()
  const watch = new Watch(options)
  try {
    await watch.within(() =>
      typeof agent === 'function'
        ? checkFactory(agent, options, findings, watch)
        : checkDefinition(agent, options, findings, watch),
    )
  } catch (error) {
    if (error instanceof LayergymError && error.kind === 'interrupted') throw error
    if (error instanceof NeverEnded) findings.error('agent.hangs', error.message)
    else findings.error('agent.throws', `the agent throws while it is checked: ${messageOf(error)}`)
  }
  return findings.all
}

/**
 * Throws unless `checkAgent` finds no error; warnings pass.
 * @throws input error that lists them
 */
export async function assertAgent(agent: AgentUnderTest, options: AgentCheckOptions = {}): Promise<void> {
  const errors = (await checkAgent(agent, options)).filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return
  const list = errors.map(({ code, message }) => `- ${code}: ${message}`).join('\n')
  throw inputError(
    'agent.invalid',
    `the agent breaks the contract of Agent in ${errors.length} ways:\n${list}`,
  )
}

async function checkFactory(
  factory: (context: TestContext) => AnyAgent,
  options: AgentCheckOptions,
  findings: Findings,
  watch: Watch,
): Promise<void> {
  const { observationSpace = new Box(-1, 1, [4]), actionSpace = new Discrete(3) } = options
  const world = { name: 'the spaces given', observationSpace, actionSpace }
  const learns = await checkWorld(
    new Trial(world, factory, { findings, watch, seed: options.seed }),
    findings,
  )
  if (options.learning !== true || !learns) return
  await checkSkill({ make: context => watch.over(factory(context)), findings, ...skillOptions(options) })
}

async function checkDefinition(
  definition: AgentDefinition,
  options: AgentCheckOptions,
  findings: Findings,
  watch: Watch,
): Promise<void> {
  checkConfig(definition, findings)
  const config = options.config ?? defaultConfig(definition, findings)
  if (config === undefined) return
  const factory = (context: TestContext) => definition.factory({ ...context, config })
  const worlds = worldsFor(options).filter(world => accepts(definition, world, findings))
  if (worlds.length === 0) {
    findings.error('refuses.all', 'refuses() refuses all spaces that were tried: where can the agent act?')
    return
  }
  let learns = true
  for (const world of worlds) {
    learns =
      (await checkWorld(new Trial(world, factory, { findings, watch, seed: options.seed }), findings)) &&
      learns
  }
  if (options.learning === false || !learns) return
  const make = (context: Omit<AgentContext, 'config'>) =>
    definition.refuses?.(context) === undefined ? watch.over(factory(context)) : undefined
  await checkSkill({ make, findings, ...skillOptions(options) })
}

/** Everything in one pair of spaces; true when the agent works and changes as it learns. */
async function checkWorld(trial: Trial, findings: Findings): Promise<boolean> {
  const before = findings.all.length
  const made = await trial.attempt('factory.throws', 'the factory', () => {
    checkAppetite(trial.make(1), trial)
  })
  if (made && findings.all.length === before && (await checkActing(trial.make(1), trial))) {
    if (await checkLearning(trial)) {
      await checkArrays(trial)
      await checkMemory(trial)
      await checkState(trial)
      await trial.end()
      await checkTensors(trial)
    }
  }
  await trial.end()
  return !findings.all
    .slice(before)
    .some(({ severity, code }) => severity === 'error' || code === 'learn.nothing')
}

function worldsFor({ observationSpace, actionSpace }: AgentCheckOptions): readonly World[] {
  if (observationSpace === undefined && actionSpace === undefined) return everyWorld()
  const spaces = {
    observationSpace: observationSpace ?? new Box(-1, 1, [4]),
    actionSpace: actionSpace ?? new Discrete(3),
  }
  return [{ name: 'the spaces given', ...spaces }]
}

function skillOptions({ learningSteps = 20_000, seed = 0, signal }: AgentCheckOptions) {
  return { steps: learningSteps, seed, signal }
}

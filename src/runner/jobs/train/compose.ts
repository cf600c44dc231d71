import type { Agent, AgentContext, AgentDefinition } from '../../../agents/agent.ts'
import { inputError } from '../../../common/error.ts'
import { Rng } from '../../../common/random.ts'
import type { Env, MaybePromise } from '../../../envs/env.ts'
import type { EnvOptions } from '../../../envs/registry.ts'
import { refuseUnrecordable } from '../../../envs/wrappers/record-video.ts'
import { registerOwnEnvs } from '../../instances/own-envs.ts'
import { knownKeys, parseAgentConfig } from '../../plugins/agent-config.ts'
import { settingsOf } from '../../plugins/container.ts'
import { containerOf } from '../../plugins/load-plugins.ts'
import type { Plugin } from '../../plugins/plugin.ts'
import type { ResolvedConfig, TrainConfig } from './config.ts'
import { Envs } from './envs.ts'
import type { TrainListener } from './heard-run.ts'
import { courseOf, parseSchedule } from './schedule.ts'

/** What a training run works with, made once. */
export interface TrainComposition {
  readonly config: ResolvedConfig
  readonly envs: Envs
  readonly agent: Agent<unknown, unknown>
  /** Given in code; what the settings ask for comes before them. */
  readonly listeners: readonly TrainListener[]
  /** @throws input error where the agent has no such setting that can change */
  adjust(settings: Readonly<Record<string, number>>): void
  /** Of what computes its networks. */
  readonly versions: Readonly<Record<string, string>>
}

/** What can be given in code alone. */
export interface TrainParts {
  readonly plugins?: readonly Plugin[]
  /** Makes the environment instead of its id. */
  readonly make?: (options: EnvOptions) => MaybePromise<Env<unknown, unknown>>
  readonly listeners?: readonly TrainListener[]
}

/** @throws input error when a name, an option or a setting is wrong, or the agent can't act in the environment */
export async function composeTraining(
  config: TrainConfig,
  { plugins = [], make, listeners = [] }: TrainParts = {},
): Promise<TrainComposition> {
  refuseUnevaluated(config)
  refuseUnheard(config, listeners)
  registerOwnEnvs()
  const container = await containerOf(config.plugin, plugins)
  const definition = container.get('agents', config.agent)
  const agentConfig = withTotalSteps(definition, config)
  const settings = parseAgentConfig(config.agent, definition.config, agentConfig)
  const { env: id, wrapper: wrappers, gamma } = config
  const target = { id, options: config.envOptions as EnvOptions, wrappers, gamma, make }
  const plain = await Envs.of(target)
  const recipe = definition.recipe?.({ ...plain, config: settings }) ?? {}
  const normalize = config.normalize ?? recipe.normalize ?? []
  const envs = plain.normalizedBy(normalize)
  if (config.videoEpisodes > 0) await refuseUnrecordable(await envs.make())
  const { observationSpace, actionSpace } = envs
  const networks = await networksOn(config)
  const agent = container.createAgent(config.agent, {
    observationSpace,
    actionSpace,
    config: agentConfig,
    gamma: config.gamma,
    rng: Rng.of(config.seed, 'agent'),
    perceptron: networks.perceptron,
  })
  const resolved = {
    ...config,
    agentConfig: settingsOf(agent).settings,
    engine: networks.engine,
    threads: networks.threads,
    envs: config.envs ?? recipe.envs ?? 1,
    normalize: [...normalize],
    logEvery: config.logEvery ?? Math.max(1, Math.round(config.steps / 200)),
    checkpointEvery: config.checkpointEvery ?? Math.max(1, Math.round(config.steps / 10)),
  }
  const adjust = adjusterOf(config.agent, agent)
  for (const text of config.schedule) tryOut(text, resolved.agentConfig, adjust)
  return { config: resolved, envs, agent, listeners, adjust, versions: networks.versions }
}

interface Networks
  extends Pick<TrainConfig, 'engine' | 'threads'>,
    Pick<AgentContext, 'perceptron'>,
    Pick<TrainComposition, 'versions'> {}

function refuseUnevaluated({ stopAt, patience, evalEvery }: TrainConfig): void {
  if (evalEvery !== undefined || (stopAt ?? patience) === undefined) return
  const key = stopAt === undefined ? 'patience' : 'stopAt'
  throw inputError(
    'train.stop',
    `'${key}' goes by evaluations on the way: give 'evalEvery' too (--eval-every)`,
  )
}

/** A run that listeners steered goes on with them alone. */
function refuseUnheard(config: TrainConfig, listeners: readonly TrainListener[]): void {
  if (config.listeners === listeners.length) return
  throw inputError(
    'train.listeners',
    `the run has ${config.listeners} listeners that were given in code, and ${listeners.length} are there: ` +
      'go on with resumeTraining and the same listeners',
  )
}

function adjusterOf(id: string, agent: Agent<unknown, unknown>): TrainComposition['adjust'] {
  return settings => {
    if (agent.adjust === undefined) {
      throw inputError('agent.adjust', `agent '${id}' has no setting that can change while it learns`)
    }
    agent.adjust(settings)
  }
}

/** A schedule's two ends, and its beginning at last: what can't be is refused before anything runs. */
function tryOut(
  text: string,
  settings: Readonly<Record<string, unknown>>,
  adjust: TrainComposition['adjust'],
): void {
  const parsed = parseSchedule(text)
  const course = courseOf(parsed, settings[parsed.setting])
  for (const progress of [1, 0]) adjust({ [parsed.setting]: course(progress) })
}

/** The engine itself is loaded where it is asked for alone; bits depend on it and its threads, so both are recorded. */
async function networksOn({ engine: choice, threads }: TrainConfig): Promise<Networks> {
  if (choice === 'simd') return { engine: 'simd', versions: {} }
  const [{ startEngine }, { EngineMlp }] = await Promise.all([
    import('../../../models/engine.ts'),
    import('../../../agents/engine-mlp.ts'),
  ])
  const engine = await startEngine({ engine: choice, threads })
  const { name, threads: used, versions } = engine
  return { engine: name, threads: used, versions, perceptron: options => new EngineMlp(options) }
}

/** Schedules span the run, for agents that have them; and whoever knows that there are many steps plans for many. */
function withTotalSteps({ config: schema }: AgentDefinition, config: TrainConfig) {
  const scheduled = knownKeys(schema)?.includes('totalSteps') ?? false
  return scheduled ? { totalSteps: config.steps, ...config.agentConfig } : config.agentConfig
}

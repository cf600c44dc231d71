import { givenOf } from '../../../agents/settings.ts'
import { type TrainConfig, trainSchema } from '../train/config.ts'
import type { BenchmarkConfig } from './config.ts'

/** What is compared: an agent as it comes, or a variant of one. */
export interface Contender {
  readonly name: string
  readonly agent: string
  readonly agentConfig: Readonly<Record<string, unknown>>
  /** What it has of the run's settings otherwise than the others. */
  readonly own: Partial<Pick<TrainConfig, 'wrapper' | 'envs' | 'normalize' | 'gamma'>>
}

/** One training run of a comparison. */
export interface Cell {
  readonly env: string
  readonly contender: Contender
  readonly seed: number
  /** Of its unit. */
  readonly key: string
  /** Within the benchmark's. */
  readonly folder: string
}

/** Where neither agents nor variants are named. */
const AGENTS = ['ppo', 'dqn', 'reinforce', 'random']

/** Those that are compared as they come. */
export function agentsOf({ agents, variants }: BenchmarkConfig): string[] {
  return agents ?? (Object.keys(variants).length === 0 ? AGENTS : [])
}

export function contendersOf(config: BenchmarkConfig): readonly Contender[] {
  const { agentConfigs, variants } = config
  return [
    ...agentsOf(config).map(agent => ({
      name: agent,
      agent,
      agentConfig: agentConfigs[agent] ?? {},
      own: {},
    })),
    ...Object.entries(variants).map(([name, { agent = name, wrapper, envs, normalize, gamma, ...rest }]) => ({
      name,
      agent,
      agentConfig: rest,
      own: givenOf({ wrapper, envs, normalize, gamma }),
    })),
  ]
}

/** Environments, the only one or several. */
export function envsOf({ env }: BenchmarkConfig): readonly string[] {
  return typeof env === 'string' ? [env] : env
}

export function seedsOf({ seed, seeds }: BenchmarkConfig): readonly number[] {
  return Array.from({ length: seeds }, (_, i) => seed + i)
}

/** Every contender with every seed in every environment: a seed's together, so that all are there early. */
export function cellsOf(config: BenchmarkConfig): readonly Cell[] {
  const contenders = contendersOf(config)
  return seedsOf(config).flatMap(seed =>
    envsOf(config).flatMap(env => contenders.map(contender => cellOf(config, env, contender, seed))),
  )
}

export function cellOf({ env: all }: BenchmarkConfig, env: string, contender: Contender, seed: number): Cell {
  const { name } = contender
  const key = `${name}/${seed}`
  const folder = folderOf(name, seed)
  if (typeof all === 'string') return { env, contender, seed, key, folder }
  return { env, contender, seed, key: `${env}/${key}`, folder: `${env.replaceAll('/', '@')}@${folder}` }
}

function folderOf(name: string, seed: number): string {
  return `${name}-${seed}`
}

/** Settings of the comparison that every run has. */
const SHARED = [
  ...(['envOptions', 'wrapper', 'steps', 'envs', 'normalize', 'engine', 'threads', 'gamma'] as const),
  ...(['evalEvery', 'evalEpisodes', 'log', 'plugin'] as const),
] as const

/** The settings of a cell's run, in a folder. */
export function trainConfig(
  config: BenchmarkConfig,
  { env, contender, seed }: Cell,
  out: string,
): TrainConfig {
  const shared = Object.fromEntries(SHARED.map(name => [name, config[name]]))
  const { agent, agentConfig, own } = contender
  return trainSchema.parse({ ...shared, ...own, env, agent, agentConfig, seed, out })
}

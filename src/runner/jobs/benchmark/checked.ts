import { inputError } from '../../../common/error.ts'
import { composeTraining, type TrainComposition } from '../train/compose.ts'
import { agentsOf, type Contender, cellOf, contendersOf, envsOf, trainConfig } from './cells.ts'
import type { BenchmarkConfig } from './config.ts'
import { isRandom, refuseUnused, resolvedReference } from './references.ts'

/** What a comparison will be, and of what computes its networks. */
interface Checked {
  readonly config: BenchmarkConfig
  readonly versions: TrainComposition['versions']
}

/** With what was left open: every contender is made once in every environment, before the first run begins. @throws input error */
export async function checked(asked: BenchmarkConfig): Promise<Checked> {
  const contenders = contendersOf(asked)
  refuseMistakes(asked, contenders)
  const made: Pick<TrainComposition, 'config' | 'envs' | 'versions'>[][] = []
  for (const env of envsOf(asked)) {
    made.push([])
    for (const contender of contenders) made[made.length - 1].push(await tried(asked, env, contender))
  }
  const specs = made.map(([{ envs }]) => envs.spec)
  const [[{ config, versions }]] = made
  const own = { agents: agentsOf(asked), engine: config.engine, threads: config.threads }
  refuseUnused(asked)
  if (typeof asked.env === 'string') {
    const settings = contenders.map(({ name }, i) => [name, made[0][i].config.agentConfig] as const)
    const agentConfigs = Object.fromEntries(settings.filter(([name]) => own.agents.includes(name)))
    return { config: { ...asked, ...own, agentConfigs }, versions }
  }
  const ids = specs.map(({ id }) => id)
  refuseTwice('environment', ids)
  refuseStray(asked, ids)
  const randomCompared = contenders.some(isRandom)
  if (asked.scores === 'references')
    for (const { id, rewardThreshold } of specs)
      resolvedReference(asked, { env: id, rewardThreshold, randomCompared })
  // Settings that an agent comes to depend on the environment: here they stay as they were given.
  return { config: { ...asked, ...own, env: ids }, versions }
}

async function tried(asked: BenchmarkConfig, env: string, contender: Contender): Promise<TrainComposition> {
  const composition = await composeTraining(trainConfig(asked, cellOf(asked, env, contender, asked.seed), ''))
  composition.agent.dispose?.()
  return composition
}

function refuseMistakes(config: BenchmarkConfig, contenders: readonly Contender[]): void {
  if (contenders.length === 0) {
    throw inputError('benchmark.agents', '--agents takes at least one agent, or --variants one variant')
  }
  refuseTwice(
    'agent or variant',
    contenders.map(({ name }) => name),
  )
  const agents = agentsOf(config)
  for (const id of Object.keys(config.agentConfigs)) {
    if (agents.includes(id)) continue
    throw inputError(
      'benchmark.agent-configs',
      `'agent-configs' has settings of '${id}', which is not compared: add it to --agents`,
    )
  }
}

function refuseTwice(what: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice === undefined) return
  throw inputError(
    'benchmark.twice',
    `the ${what} '${twice}' is compared twice: give it once, or other names`,
  )
}

function refuseStray({ references }: BenchmarkConfig, ids: readonly string[]): void {
  const stray = Object.keys(references).find(id => !ids.includes(id))
  if (stray === undefined) return
  throw inputError(
    'benchmark.references',
    `'references' has returns of '${stray}', which is not compared (compared: ${ids.join(', ')})`,
  )
}

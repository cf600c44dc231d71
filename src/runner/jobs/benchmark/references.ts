import { failure, inputError } from '../../../common/error.ts'
import { mean } from '../../../common/statistics.ts'
import type { BenchmarkConfig } from './config.ts'
import type { Outcome } from './outcome.ts'

/** Mean return of uniform actions, over 10,000 episodes: bench/tables/random-returns.ts. */
export const RANDOM_RETURNS: Readonly<Record<string, number>> = {
  'CartPole-v0': 22.1,
  'CartPole-v1': 22.1,
  'CartPolePositions-v1': 22.1,
  'MountainCar-v0': -200,
  'MountainCarContinuous-v0': -33.1,
  'Acrobot-v1': -499,
  'Pendulum-v1': -1229,
  'Bandit-v0': 0.5,
  'Chain-v0': 0.24,
  'GridWorld-v0': -79.1,
  'FrozenLake-v1': 0.013,
  'FrozenLake8x8-v1': 0.002,
  'MaskedWalk-v0': -1.28,
  'ContinuousTarget-v0': -6.7,
  'Memory-v0': 0,
  'TMaze-v0': -22.4,
}

/** A return that a scale is laid by, and where it comes from. */
export interface Bound {
  readonly value: number
  readonly source: string
}

/** What is 0 and what is 1 on an environment's scale. */
export interface Reference {
  readonly lower: Bound
  readonly upper: Bound
}

/** What is known of an environment when its scale is laid. */
export interface Known {
  /** With version. */
  readonly env: string
  readonly rewardThreshold?: number
  /** Whether the random agent is compared: its mean is the lower bound where no other is known. */
  readonly randomCompared: boolean
}

/** Bounds that are known without a run; the lower one is `undefined` where it is the compared random agent's. */
interface Resolved {
  readonly lower?: Bound
  readonly upper: Bound
}

/**
 * The bounds of an environment's scale. Those of the table and of the environment's threshold hold for the environment as
 * it comes: with options of its own they aren't taken.
 * @throws input error where one isn't known, or they are no scale
 */
export function resolvedReference(config: BenchmarkConfig, known: Known): Resolved {
  const { env, rewardThreshold, randomCompared } = known
  const asItComes = Object.keys(config.envOptions).length === 0
  const given = config.references[env] ?? {}
  const source = given.source ?? 'given'
  const lower =
    given.lower !== undefined
      ? { value: given.lower, source }
      : asItComes && Object.hasOwn(RANDOM_RETURNS, env)
        ? { value: RANDOM_RETURNS[env], source: 'uniform actions, 10,000 episodes' }
        : undefined
  const upper =
    given.upper !== undefined
      ? { value: given.upper, source }
      : asItComes && rewardThreshold !== undefined
        ? { value: rewardThreshold, source: 'solved, as the environment says' }
        : undefined
  if (upper === undefined) throw unknownBound(env, 'upper', asItComes, '')
  if (lower === undefined && !randomCompared)
    throw unknownBound(env, 'lower', asItComes, ', compare the random agent too')
  if (lower !== undefined && lower.value >= upper.value)
    throw inputError(
      'benchmark.references',
      `the references of ${env} are no scale: lower ${lower.value} is not below upper ${upper.value}`,
    )
  return { lower, upper }
}

function unknownBound(env: string, which: 'lower' | 'upper', asItComes: boolean, besides: string) {
  const why = asItComes ? '' : ' with these options'
  return inputError(
    'benchmark.references',
    `no ${which} reference return of ${env}${why} is known, so that its returns can't be put on one scale with others': ` +
      `give --references '{"${env}":{"${which}":NUMBER}}'${besides}, or --scores min-max`,
  )
}

/** Refuses what would be left aside. @throws input error */
export function refuseUnused({
  env,
  references,
  scores,
}: Pick<BenchmarkConfig, 'env' | 'references' | 'scores'>): void {
  const given = Object.keys(references).length > 0
  if (typeof env === 'string' && (given || scores !== 'references'))
    throw inputError(
      'benchmark.references',
      "'references' and 'scores' put several environments on one scale: give --env several, comma-separated, or leave them out",
    )
  if (given && scores === 'min-max')
    throw inputError(
      'benchmark.references',
      "--scores min-max takes the lowest and the highest run, and no 'references': leave one of them out",
    )
}

/** Of an environment, by its runs. @throws failure where it takes the random agent's, and none of its runs succeeded */
export function referenceOf(config: BenchmarkConfig, runs: readonly Outcome[]): Reference {
  if (config.scores === 'min-max') {
    const all = runs.map(({ meanReturn }) => meanReturn)
    return {
      lower: { value: Math.min(...all), source: 'lowest run here' },
      upper: { value: Math.max(...all), source: 'highest run here' },
    }
  }
  const [{ env, rewardThreshold }] = runs
  const { lower, upper } = resolvedReference(config, { env, rewardThreshold, randomCompared: true })
  return { lower: lower ?? randomHere(env, runs), upper }
}

function randomHere(env: string, runs: readonly Outcome[]): Bound {
  const own = runs
    .filter(({ agent, variant }) => isRandom({ agent, name: variant }))
    .map(({ meanReturn }) => meanReturn)
  if (own.length > 0) return { value: mean(own), source: 'the random agent here' }
  throw failure(
    'benchmark.references',
    `no run of the random agent in ${env} succeeded, which was to be the lower reference: layergym resume tries again, or give --references`,
  )
}

/** Whether a contender's mean may be a lower bound: the random agent as it comes. */
export function isRandom({ name, agent }: { readonly name: string; readonly agent: string }): boolean {
  return name === 'random' && agent === 'random'
}

/** 0 at the lower bound, 1 at the upper one; 0 where they are the same. */
export function normalized(value: number, { lower, upper }: Reference): number {
  const width = upper.value - lower.value
  return width === 0 ? 0 : (value - lower.value) / width
}

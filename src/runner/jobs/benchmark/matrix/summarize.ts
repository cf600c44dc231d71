import { Rng } from '../../../../common/random.ts'
import { mean } from '../../../../common/statistics.ts'
import { stratifiedIntervals } from '../../../inference/bootstrap.ts'
import { LEVEL } from '../../../inference/holm.ts'
import { meanImprovement } from '../../../inference/scores.ts'
import { stratifiedWelch } from '../../../inference/welch.ts'
import type { Facts } from '../../../runs/job.ts'
import { contendersOf, envsOf, seedsOf } from '../cells.ts'
import type { BenchmarkConfig } from '../config.ts'
import { type Pair, pairsOf, rankedPairs, toldApart } from '../differences.ts'
import type { Outcome } from '../outcome.ts'
import { normalized, type Reference, referenceOf } from '../references.ts'
import { type BenchmarkOutcomes, refuseNothing, resultsIn } from '../summarize.ts'
import { aggregated, gridOf, thresholdsOf } from './aggregate.ts'
import type { Contended } from './contended.ts'
import type { EnvironmentResult, Improvement, MatrixSummary, PoweredDifference } from './summary.ts'

/** One environment's runs, and the scale that they are put on. */
interface Environment {
  readonly env: string
  readonly runs: readonly Outcome[]
  readonly reference: Reference
}

/** What runs in several environments come to. @throws failure where none succeeded */
export function summarizeMatrix(
  { config, runs, failed }: BenchmarkOutcomes,
  { runDir, hash, origin }: Facts,
): MatrixSummary {
  refuseNothing(runs, failed)
  const environments = environmentsOf(config, runs)
  const contended = contendersOf(config).flatMap(({ name }) => everywhere(name, environments))
  const results = environments.map(({ env, runs: own }) => ({ env, agents: resultsIn(config, own, runDir) }))
  const pairs = results.map(({ agents }) => pairsOf(agents))
  const over = rankedPairs(contended).map(([of, from]) => overEnvironments(of, from))
  // One family: whatever is claimed on the page.
  const family = [...over, ...pairs.flat()]
  const told = powered(family)
  const grid = gridOf(contended, config.steps)
  const thresholds = thresholdsOf(contended)
  let next = over.length
  return {
    dir: runDir,
    hash,
    steps: config.steps,
    seeds: seedsOf(config),
    evalEpisodes: runs[0].evalEpisodes,
    variants: config.variants,
    environments: environments.map(({ env, runs: own, reference }, i): EnvironmentResult => {
      const from = next
      next += pairs[i].length
      return {
        env,
        rewardThreshold: own[0].rewardThreshold,
        reference,
        agents: results[i].agents.map(({ runs: every, ...agent }) => ({
          ...agent,
          runs: every.map(({ curve: _, ...run }) => ({
            ...run,
            score: normalized(run.meanReturn, reference),
          })),
        })),
        differences: told.slice(from, next),
      }
    }),
    aggregates: contended.map(own => aggregated(own, { grid, thresholds, seed: config.seed })),
    improvements: told.slice(0, over.length).map(pair => withInterval(pair, contended, config.seed)),
    comparisons: family.length,
    thresholds,
    grid,
    versions: origin.versions,
    failed,
  }
}

/** Those that have runs. */
function environmentsOf(config: BenchmarkConfig, all: readonly Outcome[]): readonly Environment[] {
  return envsOf(config).flatMap(env => {
    const runs = all.filter(run => run.env === env)
    if (runs.length === 0) return []
    return [{ env, runs, reference: referenceOf(config, runs) }]
  })
}

/** Nothing where it has no run in one of them. */
function everywhere(agent: string, environments: readonly Environment[]): readonly Contended[] {
  const runs = environments.map(own => own.runs.filter(({ variant }) => variant === agent))
  if (runs.some(({ length }) => length === 0)) return []
  const references = environments.map(({ reference }) => reference)
  const scores = runs.map((own, i) => own.map(({ meanReturn }) => normalized(meanReturn, references[i])))
  return [{ agent, runs, references, scores, mean: mean(scores.map(mean)) }]
}

function overEnvironments(of: Contended, from: Contended): Pair {
  return {
    of: of.agent,
    from: from.agent,
    mean: of.mean - from.mean,
    probability: meanImprovement(of.scores, from.scores),
    difference: stratifiedWelch(of.scores.map((own, i) => [own, from.scores[i]])),
  }
}

/** What is told apart, and what could have been. */
function powered(pairs: readonly Pair[]): readonly PoweredDifference[] {
  return toldApart(pairs).map((told, i) => {
    const detectable = pairs[i].difference?.detectable(LEVEL / pairs.length)
    return detectable === undefined ? told : { ...told, detectable }
  })
}

function withInterval(pair: PoweredDifference, all: readonly Contended[], seed: number): Improvement {
  const [of, from] = [pair.of, pair.from].map(name => all.find(({ agent }) => agent === name)?.scores ?? [])
  const intervals = stratifiedIntervals(
    [...of, ...from],
    drawn => [meanImprovement(drawn.slice(0, of.length), drawn.slice(of.length))],
    Rng.of(seed, 'improvement', pair.of, pair.from),
  )
  return intervals === undefined ? pair : { ...pair, probabilityInterval: intervals[0] }
}

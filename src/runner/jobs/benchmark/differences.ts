import { probabilityOfImprovement } from '../../inference/aggregate.ts'
import { holm, LEVEL } from '../../inference/holm.ts'
import { type Inference, intervalOf } from '../../inference/inference.ts'
import { welch } from '../../inference/welch.ts'
import type { AgentResult, Difference } from './summary.ts'

/** Two that are compared, the better one first. */
export interface Pair {
  readonly of: string
  readonly from: string
  readonly mean: number
  readonly probability: number
  /** Undefined where one has a single run. */
  readonly difference?: Inference
}

type Compared = Pick<AgentResult, 'agent' | 'mean'> & {
  readonly runs: readonly Pick<AgentResult['runs'][number], 'meanReturn'>[]
}

/** Every pair, the better one first. */
export function rankedPairs<T extends { readonly mean: number }>(
  all: readonly T[],
): readonly (readonly [T, T])[] {
  const ranked = [...all].sort((a, b) => b.mean - a.mean)
  return ranked.flatMap((of, i) => ranked.slice(i + 1).map(from => [of, from] as const))
}

export function pairsOf(agents: readonly Compared[]): readonly Pair[] {
  return rankedPairs(agents).map(([of, from]) => {
    const [a, b] = [of, from].map(({ runs }) => runs.map(run => run.meanReturn))
    return {
      of: of.agent,
      from: from.agent,
      mean: of.mean - from.mean,
      probability: probabilityOfImprovement(a, b),
      difference: welch(a, b),
    }
  })
}

/** What is told apart in a family: all the pairs that are given. */
export function toldApart(pairs: readonly Pair[]): readonly Difference[] {
  const adjusted = holm(pairs.map(({ difference }) => difference?.p(0) ?? 1))
  return pairs.map(({ difference, ...pair }, i) => ({
    ...pair,
    ...(difference !== undefined && { interval: intervalOf(difference), adjusted: adjusted[i] }),
    better: adjusted[i] <= LEVEL && pair.mean > 0,
  }))
}

/** Of every pair of agents in one environment, the better one first. */
export function differencesOf(agents: readonly Compared[]): readonly Difference[] {
  return toldApart(pairsOf(agents))
}

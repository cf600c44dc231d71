import { expectedAtBest, mean, rankCorrelation } from './ranking.ts'
import type { HeadRow, PairRow, Row, RunRow } from './rows.ts'

export interface Pair {
  readonly row: PairRow
  /** Those that stayed finite. */
  readonly runs: readonly RunRow[]
  readonly diverged: number
  readonly heads: readonly HeadRow[]
}

export function pairsOf(rows: readonly Row[]): Pair[] {
  return rows.flatMap(row => {
    if (row.kind !== 'pair') return []
    const own = rows.filter(other => other.data === row.data && other.network === row.network)
    const runs = own.filter(other => other.kind === 'run')
    return {
      row,
      runs: runs.filter(({ diverged }) => !diverged),
      diverged: runs.filter(({ diverged }) => diverged).length,
      heads: own.filter(other => other.kind === 'head'),
    }
  })
}

/** Every other data set, in the order of the file: fixed before anything was measured. */
export function halves(pairs: readonly Pair[]) {
  const data = [...new Set(pairs.map(({ row }) => row.data))]
  const half = (rest: number) => pairs.filter(({ row }) => data.indexOf(row.data) % 2 === rest)
  return { choosing: half(0), confirming: half(1) }
}

export interface Verdict {
  readonly correlation: number
  /** To the best of all on the same test clips, points: its luck on them is in it. */
  readonly regret: number
  /** Of the setting chosen, on test, %. */
  readonly chosen: number
}

function verdict(values: readonly number[], moments: readonly RunRow['rounds'][number][]): Verdict {
  const tests = moments.map(({ test }) => test)
  const chosen = expectedAtBest(values, tests)
  const correlation = rankCorrelation(values, tests)
  return {
    // A quantity that can't tell settings apart says nothing.
    correlation: Number.isNaN(correlation) ? 0 : correlation,
    regret: 100 * (Math.max(...tests) - chosen),
    chosen: 100 * chosen,
  }
}

export const last = (run: RunRow) => run.rounds[run.rounds.length - 1]

/** `over` rounds' mean up to each round. */
function smoothed(run: RunRow, name: string, over: number): number[] {
  const values = run.rounds.map(({ quantities }) => quantities[name])
  return values.map((_, i) => mean(values.slice(Math.max(0, i + 1 - over), i + 1)))
}

export function atTheEnd({ runs }: Pair, name: string, over = 1): Verdict {
  return verdict(
    runs.map(run => smoothed(run, name, over)[run.rounds.length - 1]),
    runs.map(last),
  )
}

/** Every run stands for its best round, as the quantity sees it. */
export function atTheBest({ runs }: Pair, name: string, over = 1): Verdict {
  const best = runs.map(run => {
    const values = smoothed(run, name, over)
    // The later of equals: values are compared with what came before.
    const at = values.lastIndexOf(Math.max(...values))
    return { value: values[at], moment: run.rounds[at] }
  })
  return verdict(
    best.map(({ value }) => value),
    best.map(({ moment }) => moment),
  )
}

/** Of what a round changed: what agents are paid by, and what it did to test. */
export function ofChanges({ runs }: Pair, name: string): number {
  const changes = (of: (run: RunRow) => readonly number[]) =>
    runs.flatMap(run => {
      const values = of(run)
      return values.slice(1).map((value, i) => value - values[i])
    })
  const found = rankCorrelation(
    changes(run => run.rounds.map(({ quantities }) => quantities[name])),
    changes(run => run.rounds.map(({ test }) => test)),
  )
  return Number.isNaN(found) ? 0 : found
}

/** The rank correlation that the truth itself would have with this test's scores: from its halves (Spearman, Brown). */
export function ceiling(runs: readonly RunRow[]): number {
  const both = ([0, 1] as const).map(k => runs.map(run => last(run).halves[k]))
  const r = rankCorrelation(both[0], both[1])
  // Halves that contradict each other, or don't differ, can't be ranked by anything.
  if (!(r > 0)) return 0
  return Math.sqrt((2 * r) / (1 + r))
}

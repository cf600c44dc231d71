import { Rng } from '../../../../common/random.ts'
import { interquartileMean } from '../../../../common/statistics.ts'
import { stratifiedIntervals } from '../../../inference/bootstrap.ts'
import { AGGREGATES, type AggregateName, performanceProfile, type Scores } from '../../../inference/scores.ts'
import type { Interval } from '../../../inference/statistics.ts'
import { smoothed } from '../curve.ts'
import { normalized } from '../references.ts'
import { meanWhileLearning } from '../summarize.ts'
import type { Contended } from './contended.ts'
import type { Band, ContenderScores, Estimate } from './summary.ts'

/** Points that curves are read at. */
const POINTS = 50
/** Scores that profiles are read at. */
const THRESHOLDS = 61

export function gridOf(contended: readonly Contended[], steps: number): readonly number[] {
  if (contended.length === 0) return []
  return Array.from({ length: POINTS }, (_, i) => ((i + 1) * steps) / POINTS)
}

/** From the lowest score to the highest, and from 0 to 1 at least. */
export function thresholdsOf(contended: readonly Contended[]): readonly number[] {
  const all = contended.flatMap(({ scores }) => scores.flat())
  if (all.length === 0) return []
  const [low, high] = [Math.min(0, ...all), Math.max(1, ...all)]
  return Array.from({ length: THRESHOLDS }, (_, i) => low + ((high - low) * i) / (THRESHOLDS - 1))
}

interface Reading {
  readonly grid: readonly number[]
  readonly thresholds: readonly number[]
  /** Of the bootstrap's streams. */
  readonly seed: number
}

/** One contender's figures over all environments. */
export function aggregated(own: Contended, { grid, thresholds, seed }: Reading): ContenderScores {
  const { agent, scores } = own
  const rng = (what: string) => Rng.of(seed, what, agent)
  const names = Object.keys(AGGREGATES) as AggregateName[]
  const all = (strata: Scores) => names.map(name => AGGREGATES[name](strata))
  const intervals = stratifiedIntervals(scores, all, rng('aggregates'))
  const estimates = Object.fromEntries(
    all(scores).map((value, i) => [names[i], estimate(value, intervals?.[i])]),
  ) as Record<AggregateName, Estimate>
  const area = areaUnderCurve(own, rng('area'))
  return {
    agent,
    ...estimates,
    ...(area !== undefined && { areaUnderCurve: area }),
    profile: profileOf(scores, thresholds, rng('profile')),
    curve: curveOf(own, grid, rng('curve')),
  }
}

function areaUnderCurve({ runs, references }: Contended, rng: Rng): Estimate | undefined {
  const areas = runs.map((own, i) => own.map(run => normalized(meanWhileLearning(run), references[i])))
  if (!areas.flat().every(Number.isFinite)) return undefined
  const intervals = stratifiedIntervals(areas, drawn => [AGGREGATES.mean(drawn)], rng)
  return estimate(AGGREGATES.mean(areas), intervals?.[0])
}

function profileOf(scores: Scores, thresholds: readonly number[], rng: Rng): Band {
  const read = (strata: Scores) => performanceProfile(strata, thresholds)
  return banded(read(scores), stratifiedIntervals(scores, read, rng))
}

/** From the first step on by which every run has ended an episode. */
function curveOf({ runs, references }: Contended, grid: readonly number[], rng: Rng): Band<number | null> {
  const curves = runs.map((own, i) =>
    own.map(run => smoothed(run, grid).map(value => normalized(value, references[i]))),
  )
  const begun = grid.map((_, at) => curves.flat().every(curve => Number.isFinite(curve[at])))
  const first = begun.indexOf(true)
  const missing = first < 0 ? grid.length : first
  const read = (strata: readonly (readonly (readonly number[])[])[]) => {
    const all = strata.flat()
    return grid.slice(missing).map((_, i) => interquartileMean(all.map(curve => curve[missing + i])))
  }
  const { values, low, high } = banded(read(curves), stratifiedIntervals(curves, read, rng))
  const none = new Array<null>(missing).fill(null)
  return {
    values: [...none, ...values],
    ...(low !== undefined && { low: [...none, ...low] }),
    ...(high !== undefined && { high: [...none, ...high] }),
  }
}

function estimate(value: number, interval: Interval | undefined): Estimate {
  return interval === undefined ? { value } : { value, interval }
}

function banded(values: readonly number[], intervals: readonly Interval[] | undefined): Band {
  if (intervals === undefined) return { values }
  return { values, low: intervals.map(([low]) => low), high: intervals.map(([, high]) => high) }
}

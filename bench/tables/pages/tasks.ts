import { mean } from '../../../src/common/statistics.ts'
import type { Interval } from '../../../src/runner/inference/statistics.ts'
import { compareSchedules } from '../../../src/runner/jobs/fine-tune/compare.ts'
import { decimal, learningRate, scheduleLabel, signed } from '../../../src/runner/report/words.ts'
import { table } from '../../support/measure.ts'
import type { Page, Raw } from '../redraw.ts'

interface OfRun {
  readonly data: string
  readonly run: string
}

/** Recordings, a test item. */
interface Units extends OfRun {
  readonly units: readonly string[]
  readonly episodes: number
}

/** On the test split. */
interface FinalRun extends OfRun {
  readonly contender: string
  readonly seed: number
  /** Shares. */
  readonly primary: number
  readonly ap50?: number
  readonly loss: number
  /** Of one run. */
  readonly flops: number
  /** Of each item: what it counts in `primary`, and its loss. */
  readonly points: readonly number[]
  readonly losses: readonly number[]
}

/** Rates that a contender tried, by their score on the reward split. */
interface Search extends OfRun {
  readonly search: string
  readonly tried: readonly {
    readonly learningRate: number
    readonly headRate: number
    readonly seeds: number
    readonly score: number
  }[]
}

type Line = Units | FinalRun | Search

export const tasks: Page = {
  tables: {
    'the backbone moving': raw => differences(raw, { of: 'fullFineTune', from: 'headOnly' }),
    runs: raw => contenders(raw),
    rates: raw => rates(raw),
    learned: raw => differences(raw, { of: 'policy', from: 'fullFineTune', learned: true }),
  },
}

interface Pair {
  readonly of: string
  readonly from: string
  /** Of runs with episodes alone. */
  readonly learned?: boolean
}

/** One contender less another, paired by seed and item, items of a recording together. */
function differences(raw: Raw, { of, from, learned = false }: Pair): string {
  const rows = runsIn(raw).flatMap(({ units, finals }) => {
    if (learned && units.episodes === 0) return []
    const [own, other] = [of, from].map(name => finals.filter(({ contender }) => contender === name))
    if (own.length === 0 || other.length === 0) return []
    const figures = compareSchedules({ policy: outcomes(own), baseline: outcomes(other), units: units.units })
    return [
      [
        units.data,
        metricOf(own[0]),
        ...[other, own].map(runs => percent(mean(runs.map(({ primary }) => primary)))),
        `${points(figures.accuracyDifference)} (${interval(figures.accuracyInterval)})`,
        decimal(figures.adjusted, 3),
        `${own.length} x ${figures.clips}`,
      ],
    ]
  })
  const names = [from, of].map(scheduleLabel)
  return table(['data', 'counts', ...names, 'difference, points (95 %)', 'p', 'seeds x items'], rows)
}

function contenders(raw: Raw): string {
  const rows = runsIn(raw).flatMap(({ units, finals }) =>
    [...new Set(finals.map(({ contender }) => contender))].map(name => {
      const own = finals.filter(({ contender }) => contender === name)
      const all = (of: (run: FinalRun) => number) => mean(own.map(of))
      return [
        units.data,
        scheduleLabel(name),
        ...[metricOf(own[0]), percent(all(({ primary }) => primary))],
        own.map(({ seed, primary }) => `${seed}: ${percent(primary)}`).join(', '),
        own[0].ap50 === undefined ? '–' : percent(all(({ ap50 = 0 }) => ap50)),
        decimal(all(({ loss }) => loss)),
        decimal(own[0].flops / 1e9, 0),
      ]
    }),
  )
  return table(['data', '', 'counts', '%', 'by seed', 'AP50, %', 'loss', 'GFLOP a run'], rows)
}

function rates(raw: Raw): string {
  const rows = runsIn(raw).flatMap(({ units, searches }) =>
    searches.map(({ search, tried }) => [
      units.data,
      scheduleLabel(search),
      tried
        .map(({ learningRate: rate, headRate, seeds, score }) => {
          const both = rate === headRate ? [rate] : [rate, headRate]
          return `${both.map(learningRate).join(' and ')}: ${decimal(score, 3)}${seeds > 1 ? ` (${seeds} seeds)` : ''}`
        })
        .join('; '),
    ]),
  )
  return table(['data', '', 'rates that were tried, and their score on the reward split'], rows)
}

function runsIn(raw: Raw) {
  const lines = raw<Line>('tasks')
  return lines
    .filter(line => 'units' in line)
    .map(units => {
      const own = lines.filter(({ run }) => run === units.run)
      return {
        units,
        finals: own.filter(line => 'contender' in line),
        searches: own.filter(line => 'search' in line),
      }
    })
}

function outcomes(runs: readonly FinalRun[]) {
  return {
    perSeed: runs.map(({ points, losses }) => points.map((correct, i) => ({ correct, loss: losses[i] }))),
  }
}

function metricOf({ ap50 }: FinalRun): string {
  return ap50 === undefined ? 'mean IoU' : 'mAP'
}

function interval(of: Interval): string {
  return of.map(points).join(' to ')
}

function points(share: number): string {
  return signed(100 * share, 1)
}

function percent(share: number): string {
  return decimal(100 * share, 1)
}

import { mean } from '../../../src/common/statistics.ts'
import type { Interval } from '../../../src/runner/inference/statistics.ts'
import { compareSchedules } from '../../../src/runner/jobs/fine-tune/compare.ts'
import { decimal, learningRate, scheduleLabel, signed } from '../../../src/runner/report/words.ts'
import { table } from '../../support/measure.ts'
import type { Page, Raw } from '../redraw.ts'
import { distinct } from './beside-peer.ts'

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

/** A difference between two contenders as a run said it, of which each item's part wasn't kept. */
interface Said extends OfRun {
  readonly of: string
  readonly from: string
  readonly difference: number
  readonly interval: Interval
  readonly adjusted: number
  readonly items: number
}

type Line = Units | FinalRun | Search | Said

export const tasks: Page = {
  tables: {
    'the backbone moving': raw => table(HEADER('headOnly', 'fullFineTune'), moving(raw)),
    runs: contenders,
    rates,
  },
}

const HEADER = (from: string, of: string) => [
  ...['data', 'counts', scheduleLabel(from), scheduleLabel(of)],
  ...['difference, points (95 %)', 'p', 'seeds x items'],
]

function moving(raw: Raw) {
  const said = linesOf(raw).filter(line => 'from' in line)
  const computed = runsIn(raw)
    .filter(({ units }) => units.episodes === 0)
    .flatMap(run => difference(run, 'fullFineTune', 'headOnly'))
  return [...said.flatMap(line => saidRow(line, linesOf(raw))), ...computed]
}

type Cells = readonly (string | number)[]

/** One contender less another, paired by seed and item, items of a recording together. */
function difference({ units, finals }: ReturnType<typeof runsIn>[number], of: string, from: string): Cells[] {
  const [own, other] = [of, from].map(name => finals.filter(({ contender }) => contender === name))
  if (own.length === 0 || other.length === 0) return []
  const figures = compareSchedules({ policy: outcomes(own), baseline: outcomes(other), units: units.units })
  const { accuracyDifference, accuracyInterval, adjusted, clips } = figures
  return [
    row([other, own], { difference: accuracyDifference, interval: accuracyInterval, adjusted, items: clips }),
  ]
}

function saidRow(said: Said, lines: readonly Line[]): Cells[] {
  const finals = lines.filter(line => 'contender' in line).filter(({ run }) => run === said.run)
  const of = (name: string) => finals.filter(({ contender }) => contender === name)
  return [row([of(said.from), of(said.of)], said)]
}

function row(
  [other, own]: readonly (readonly FinalRun[])[],
  { difference: by, interval, adjusted, items }: Pick<Said, 'difference' | 'interval' | 'adjusted' | 'items'>,
): Cells {
  return [
    ...[own[0].data, metricOf(own[0])],
    ...[other, own].map(runs => percent(mean(runs.map(({ primary }) => primary)))),
    `${points(by)} (${interval.map(points).join(' to ')})`,
    ...[decimal(adjusted, 3), `${own.length} x ${items}`],
  ]
}

function contenders(raw: Raw): string {
  const finals = linesOf(raw).filter(line => 'contender' in line)
  const rows = distinct(finals, ({ run, contender }) => `${run}/${contender}`).map(own => {
    const all = (of: (run: FinalRun) => number) => mean(own.map(of))
    return [
      ...[own[0].data, scheduleLabel(own[0].contender)],
      ...[metricOf(own[0]), percent(all(({ primary }) => primary))],
      own.map(({ seed, primary }) => `${seed}: ${percent(primary)}`).join(', '),
      own[0].ap50 === undefined ? '–' : percent(all(({ ap50 = 0 }) => ap50)),
      decimal(all(({ loss }) => loss)),
      decimal(own[0].flops / 1e9, 0),
    ]
  })
  return table(['data', '', 'counts', '%', 'by seed', 'AP50, %', 'loss', 'GFLOP a run'], rows)
}

function rates(raw: Raw): string {
  const searches = linesOf(raw).filter(line => 'search' in line)
  const rows = searches.map(({ data, search, tried }) => [
    data,
    scheduleLabel(search),
    tried.map(rateWords).join('; '),
  ])
  return table(['data', '', 'rates that were tried, and their score on the reward split'], rows)
}

function rateWords({ learningRate: rate, headRate, seeds, score }: Search['tried'][number]): string {
  const both = rate === headRate ? [rate] : [rate, headRate]
  return `${both.map(learningRate).join(' and ')}: ${decimal(score, 3)}${seeds > 1 ? ` (${seeds} seeds)` : ''}`
}

function linesOf(raw: Raw): readonly Line[] {
  return raw<Line>('tasks')
}

function runsIn(raw: Raw) {
  const lines = linesOf(raw)
  return lines
    .filter(line => 'units' in line)
    .map(units => {
      const finals = lines.filter(({ run }) => run === units.run).filter(line => 'contender' in line)
      return { units, finals }
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

function points(share: number): string {
  return signed(100 * share, 1)
}

function percent(share: number): string {
  return decimal(100 * share, 1)
}

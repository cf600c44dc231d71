import { decimal } from '../../../src/runner/report/words.ts'
import type { FineTuneRecord, IntervalRecord, TableRecord } from '../../support/coverage.ts'
import { table } from '../../support/measure.ts'
import type { Page, Raw } from '../redraw.ts'

type Row = IntervalRecord | FineTuneRecord | TableRecord

export const intervals: Page = {
  tables: {
    'one instance': raw => oneInstance(intervalsOf(raw).filter(({ instances }) => instances === 1)),
    'several instances': raw => severalInstances(intervalsOf(raw).filter(({ instances }) => instances > 1)),
    'fine-tune': raw => fineTune(coverage(raw).filter(row => row.kind === 'fine-tune')),
    'tables of twelve': raw => tables(coverage(raw).filter(row => row.kind === 'table')),
  },
}

function coverage(raw: Raw): readonly Row[] {
  return raw<Row>('coverage')
}

function intervalsOf(raw: Raw): readonly IntervalRecord[] {
  return coverage(raw).filter(row => row.kind === 'interval')
}

function oneInstance(rows: readonly IntervalRecord[]): string {
  return table(
    [
      'seeds',
      'test items',
      'runs differ',
      'simulations',
      'false claims',
      'before',
      'detectable',
      'found there',
    ],
    rows.map(row => [
      row.seeds,
      row.redrawn === true ? `${row.items}, drawn for each seed` : row.items,
      RUNS[row.runs],
      row.simulations,
      percent(row.misses, row.simulations),
      percent(row.before, row.beforeOf),
      decimal(100 * row.detectable, 1),
      percent(row.found, row.simulations),
    ]),
  )
}

function severalInstances(rows: readonly IntervalRecord[]): string {
  return table(
    [
      'instances',
      'they differ',
      'seeds, items',
      'simulations',
      'intervals that miss',
      'false claims',
      'before',
      'detectable',
      'found there',
    ],
    rows.map(row => [
      row.instances,
      TAILS[row.tail],
      `${row.seeds}, ${row.items}`,
      row.simulations,
      percent(row.misses, row.simulations),
      percent(row.claims, row.simulations),
      percent(row.before, row.beforeOf),
      // Below six instances nothing is ever claimed.
      row.instances < 6 ? '-' : decimal(100 * row.detectable, 1),
      row.instances < 6 ? '-' : percent(row.found, row.simulations),
    ]),
  )
}

function fineTune(rows: readonly FineTuneRecord[]): string {
  return table(
    [
      'seeds',
      'test clips',
      'runs differ',
      'baselines',
      'simulations',
      'any "better" or "worse"',
      'any "not worse"',
    ],
    rows.map(row => [
      row.seeds,
      row.items,
      RUNS[row.runs],
      row.baselines,
      row.simulations,
      percent(row.claims, row.simulations),
      percent(row.notWorse, row.simulations),
    ]),
  )
}

function tables(rows: readonly TableRecord[]): string {
  return table(
    ['compared', 'instances', 'they differ', 'seeds, items', 'tables', 'with any claim', 'before'],
    rows.map(row => [
      row.pairs === 'all' ? 'all 66 pairs' : '11 from a reference',
      row.instances,
      TAILS[row.tail],
      `${row.seeds}, ${row.items}`,
      row.simulations,
      percent(row.claims, row.simulations),
      percent(row.before, row.beforeOf),
    ]),
  )
}

const RUNS = {
  small: 'by 1 point',
  large: 'by 5 points',
  collapses: 'by 1 point, 1 of 15 collapses',
} as const
const TAILS = {
  none: '-',
  normal: 'normally',
  heavy: 'with heavy tails',
  odd: 'on two alone',
  skewed: 'to one side',
} as const

function percent(count: number, of: number): string {
  return `${decimal((100 * count) / of, 1)} %`
}

import { mean, standardDeviation } from '../../../src/common/statistics.ts'
import { duration, flops, percent, scheduleLabel, signed } from '../../../src/runner/report/words.ts'
import { table } from '../../support/measure.ts'
import type { Page, Raw } from '../redraw.ts'

interface Scheduled {
  readonly primary: number
  readonly perSeed: readonly number[]
  readonly flops: number
  readonly total: { readonly flops: number; readonly seconds: number }
  readonly rate?: number
  readonly gain?: number
  readonly caveats: readonly string[]
}

interface Outcome {
  readonly kind: 'outcome'
  readonly seed: number
  readonly hash: string
  readonly spent: { readonly flops: number; readonly seconds: number }
  readonly chosen: { readonly from: string; readonly score: number }
  readonly behaviour: { readonly words: string; readonly schedule?: string }
  readonly start: { readonly from: string }
  readonly test: { readonly primary: number; readonly clips: number }
  readonly verdict: string
  readonly policy: Scheduled
  readonly baselines: Readonly<Record<string, Scheduled>>
}

interface Converged {
  readonly kind: 'converged'
  readonly schedule: string
  readonly length: number
  readonly seed: number
  readonly primary: number
}

export const mainJob: Page = {
  tables: {
    'seed 1': raw => oneRun(outcomes(raw)[0]),
    'all seeds': raw => allRuns(outcomes(raw)),
    'what is said': raw => said(outcomes(raw)),
    converged: raw => converged(checks(raw)),
    'compiled: all seeds': raw => allRuns(outcomes(raw, COMPILED)),
    'compiled: seconds': raw => seconds(outcomes(raw, COMPILED), outcomes(raw)),
    'before: all seeds': raw => allRuns(outcomes(raw, BEFORE)),
    'before: converged': raw => converged(checks(raw, BEFORE)),
  },
}

/** With compiled steps. */
const COMPILED = 'main-job-compiled'
/** With 48 steps of 16 clips. */
const BEFORE = 'main-job-48x16'

function outcomes(raw: Raw, name = 'main-job'): readonly Outcome[] {
  return raw<Outcome>(name).filter(({ kind }) => kind === 'outcome')
}

function checks(raw: Raw, name = 'main-job'): readonly Converged[] {
  return raw<Converged>(name).filter(({ kind }) => kind === 'converged')
}

function named({ policy, baselines }: Outcome): readonly (readonly [string, Scheduled])[] {
  return [
    ['learned policy', policy],
    ...Object.entries(baselines).map(([name, of]) => [scheduleLabel(name), of] as const),
  ]
}

function oneRun(run: Outcome): string {
  return table(
    [
      '',
      'test accuracy',
      'over its final seeds',
      'rate',
      'twice the budget',
      'FLOPs a run',
      'everything',
      'time',
    ],
    named(run).map(([name, of]) => [
      name,
      percent(of.primary),
      of.perSeed.map(percent).join(', '),
      of.rate?.toExponential(0) ?? '',
      of.gain === undefined ? '' : `${signed(100 * of.gain, 1)} points of score`,
      flops(of.flops),
      flops(of.total.flops),
      duration(of.total.seconds),
    ]),
  )
}

function allRuns(runs: readonly Outcome[]): string {
  const names = named(runs[0]).map(([name]) => name)
  const row = (name: string) =>
    runs.map(run => named(run).find(([other]) => other === name)?.[1].primary ?? Number.NaN)
  return table(
    ['test accuracy, mean of each run’s final seeds', ...runs.map(({ seed }) => `seed ${seed}`), 'mean'],
    names.map(name => [name, ...row(name).map(percent), percent(mean(row(name)))]),
  )
}

function seconds(now: readonly Outcome[], before: readonly Outcome[]): string {
  return table(
    ['seed', 'FLOPs in all', 'training', 'FLOPs before', 'training before'],
    now.map(({ seed, spent }) => {
      const earlier = before.find(run => run.seed === seed)?.spent
      const cost = (of: Outcome['spent'] | undefined) =>
        of === undefined ? ['-', '-'] : [flops(of.flops), duration(of.seconds)]
      return [seed, ...cost(spent), ...cost(earlier)]
    }),
  )
}

function said(runs: readonly Outcome[]): string {
  return table(
    ['seed', 'agents start from', 'what the policy does', 'model kept', 'its test accuracy', 'verdict'],
    runs.map(({ seed, start, behaviour, chosen, test, verdict }) => [
      seed,
      scheduleLabel(start.from),
      behaviour.words,
      chosen.from === 'policy' ? 'the policy’s' : scheduleLabel(chosen.from),
      percent(test.primary),
      verdict,
    ]),
  )
}

function converged(rows: readonly Converged[]): string {
  const schedules = [...new Set(rows.map(({ schedule }) => schedule))]
  return table(
    ['', 'one budget', 'three budgets', 'difference'],
    schedules.map(schedule => {
      const at = (length: number) =>
        rows.filter(row => row.schedule === schedule && row.length === length).map(row => row.primary)
      const [one, three] = [at(1), at(3)]
      const told = (values: readonly number[]) =>
        `${percent(mean(values))} (sd ${(100 * standardDeviation(values)).toFixed(1)}, ${values.length} seeds)`
      return [
        scheduleLabel(schedule),
        told(one),
        told(three),
        `${signed(100 * (mean(three) - mean(one)), 1)} points`,
      ]
    }),
  )
}

import { median } from '../../../src/common/quantile.ts'
import { decimal } from '../../../src/runner/report/words.ts'
import { table } from '../../support/measure.ts'
import type { Page, Raw } from '../redraw.ts'
import { compared, distinct, type Unit } from './beside-peer.ts'

/** Of the test split: shares, and the loss. */
interface Figures {
  readonly loss: number
  readonly map?: number
  readonly ap50?: number
  readonly miou?: number
  readonly accuracy?: number
}

interface Run extends Figures {
  readonly data: string
  readonly engine: 'layergym' | 'torch'
  readonly seed: number
  readonly steps: number
  readonly rate: number
  /** Of torch: from our head and on our batches, or from its own. */
  readonly sameStart?: boolean
}

interface StepsCheck {
  readonly data: string
  readonly check: 'steps'
  readonly ours: readonly number[]
  readonly theirs: readonly number[]
  /** Of the peer, from weights that differ by a rounding. */
  readonly rounded: readonly number[]
}

interface ScoreCheck {
  readonly data: string
  readonly check: 'score'
  readonly ours: Figures
  readonly theirs: Figures
}

/** Milliseconds of steps, by round. */
interface TimesCheck {
  readonly data: string
  readonly check: 'times'
  readonly load: number
  readonly rounds: readonly { readonly ours: readonly number[]; readonly theirs: readonly number[] }[]
}

type Line = Run | StepsCheck | ScoreCheck | TimesCheck

const FIGURES: readonly { readonly key: keyof Figures; readonly name: string; readonly unit: Unit }[] = [
  { key: 'ap50', name: 'AP50, %', unit: { factor: 100, digits: 1 } },
  { key: 'map', name: 'mAP, %', unit: { factor: 100, digits: 1 } },
  { key: 'miou', name: 'mean IoU, %', unit: { factor: 100, digits: 1 } },
  { key: 'accuracy', name: 'pixel accuracy, %', unit: { factor: 100, digits: 1 } },
  { key: 'loss', name: 'loss', unit: { factor: 1, digits: 3 } },
]

export const denseParity: Page = {
  tables: {
    'full fine-tuning': raw => scores(lines(raw).filter(line => 'engine' in line)),
    'first steps': raw => steps(lines(raw).filter(line => 'check' in line && line.check === 'steps')),
    'same weights': raw => sameWeights(lines(raw).filter(line => 'check' in line && line.check === 'score')),
    'step times': raw => times(lines(raw).filter(line => 'check' in line && line.check === 'times')),
  },
}

function lines(raw: Raw): readonly Line[] {
  return raw<Line>('dense-parity')
}

function scores(runs: readonly Run[]): string {
  const rows = distinct(runs, ({ data }) => data).flatMap(own =>
    known(own[0]).map(({ key, name, unit }) => {
      const bySeed = (engine: Run['engine'], same: boolean) =>
        own
          .filter(run => run.engine === engine && (run.sameStart ?? false) === same)
          .map(run => unit.factor * (run[key] ?? 0))
      const figures = {
        ours: bySeed('layergym', false),
        theirs: bySeed('torch', false),
        alike: bySeed('torch', true),
      }
      return [own[0].data, name, own[0].steps, ...compared(figures, unit.digits)]
    }),
  )
  const head = ['pictures', 'figure', 'steps', 'layergym', 'PyTorch', 'difference (95 %)']
  return table([...head, 'PyTorch from our start', 'difference (95 %)'], rows)
}

function steps(checks: readonly StepsCheck[]): string {
  const rows = checks.flatMap(({ data, ours, theirs, rounded }) =>
    ours.map((loss, i) => [
      ...[data, i + 1, decimal(loss, 5), decimal(theirs[i], 5)],
      ...[loss, rounded[i]].map(other => Math.abs(other - theirs[i]).toExponential(1)),
    ]),
  )
  const head = ['pictures', 'step', 'layergym', 'PyTorch', 'difference']
  return table([...head, "PyTorch's from itself, a rounding away"], rows)
}

function sameWeights(checks: readonly ScoreCheck[]): string {
  const rows = checks.flatMap(({ data, ours, theirs }) =>
    known(ours).map(({ key, name }) => [data, name, ...[ours, theirs].map(of => (of[key] ?? 0).toFixed(7))]),
  )
  return table(['pictures', 'figure (shares)', 'layergym', 'PyTorch'], rows)
}

function times(checks: readonly TimesCheck[]): string {
  const rows = checks.map(({ data, load, rounds }) => {
    const ratios = rounds.map(({ ours, theirs }) => median(ours) / median(theirs))
    const both = [rounds.flatMap(({ ours }) => ours), rounds.flatMap(({ theirs }) => theirs)]
    const range = [Math.min(...ratios), Math.max(...ratios)].map(ratio => decimal(ratio, 2)).join(' to ')
    const fastest = both.map(of => Math.min(...of))
    return [
      ...[data, ...both.map((of, i) => `${decimal(median(of), 0)} (${decimal(fastest[i], 0)})`)],
      ...[`${decimal(median(ratios), 2)} (${range})`, decimal(fastest[0] / fastest[1], 2), load],
    ]
  })
  const head = ['pictures', 'layergym, ms (fastest)', 'PyTorch, ms (fastest)']
  return table([...head, 'ratio, median of rounds (range)', 'fastest / fastest', 'load on 2 cores'], rows)
}

function known(of: Figures) {
  return FIGURES.filter(({ key }) => of[key] !== undefined)
}

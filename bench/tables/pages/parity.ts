import { intervalOf } from '../../../src/runner/inference/inference.ts'
import { welch } from '../../../src/runner/inference/welch.ts'
import { decimal, signed } from '../../../src/runner/report/format.ts'
import { mean, standardDeviation } from '../../../src/runner/statistics.ts'
import { table } from '../../support/measure.ts'
import type { Page, Raw } from '../redraw.ts'

interface Figures {
  readonly data: string
  /** Share of the test clips. */
  readonly accuracy: number
  /** Nats. */
  readonly loss: number
}

interface FullRun extends Figures {
  readonly engine: 'layergym' | 'torch'
  readonly schedule: 'fullFineTune'
  readonly seed: number
  readonly rate: number
  readonly steps: number
}

interface ProbeRun extends Figures {
  readonly engine: 'layergym' | 'scikit-learn'
  readonly schedule: 'linearProbe'
  readonly l2: number
  readonly chosen: boolean
}

interface ForwardCheck {
  readonly data: string
  readonly check: 'forward'
  readonly clips: number
  readonly largestLogit: number
  readonly maxLogitDifference: number
}

interface StepsCheck {
  readonly data: string
  readonly check: 'steps'
  readonly ours: readonly number[]
  readonly theirs: readonly number[]
}

type Line = FullRun | ProbeRun | ForwardCheck | StepsCheck

export const parity: Page = {
  tables: {
    'full fine-tuning': raw => fullFineTuning(lines(raw).filter(isFull)),
    'linear probe': raw => linearProbe(lines(raw).filter(isProbe)),
    'forward pass': raw => forward(lines(raw).filter(line => 'check' in line && line.check === 'forward')),
    'first steps': raw => steps(lines(raw).filter(line => 'check' in line && line.check === 'steps')),
  },
}

function lines(raw: Raw): readonly Line[] {
  return raw<Line>('torch-parity')
}

/** A row a setting, and one of each seed's mean over a data set's settings. */
function fullFineTuning(runs: readonly FullRun[]): string {
  const rows = distinct(runs, ({ data }) => data).flatMap(own => {
    const settings = distinct(own, ({ steps: length, rate }) => `${length} ${rate}`)
    const sorted = settings.sort(([a], [b]) => a.steps - b.steps || a.rate - b.rate)
    return [
      ...sorted.map(same => [same[0].data, same[0].steps, same[0].rate.toExponential(), ...compared(same)]),
      [own[0].data, 'all', 'all', ...compared(own)],
    ]
  })
  return table(
    ['clips', 'steps', 'rate', 'layergym', 'PyTorch', 'difference (95 %)', 'loss', 'loss of PyTorch'],
    rows,
  )
}

/** Accuracy in percent, its deviation over seeds, the difference in points with Welch's interval, and losses. */
function compared(runs: readonly FullRun[]): readonly string[] {
  const bySeed = (engine: FullRun['engine'], figure: (run: FullRun) => number) =>
    distinct(
      runs.filter(run => run.engine === engine),
      ({ seed }) => `${seed}`,
    ).map(same => mean(same.map(figure)))
  const [ours, theirs] = (['layergym', 'torch'] as const).map(engine =>
    bySeed(engine, ({ accuracy }) => accuracy),
  )
  const difference = welch(ours, theirs)
  if (difference === undefined) throw new Error('fewer than two seeds: there is no interval')
  const [low, high] = intervalOf(difference)
  return [
    ...[ours, theirs].map(
      values => `${decimal(100 * mean(values), 1)} ± ${decimal(100 * standardDeviation(values), 1)}`,
    ),
    `${signed(100 * difference.mean, 1)} (${signed(100 * low, 1)} to ${signed(100 * high, 1)})`,
    ...(['layergym', 'torch'] as const).map(engine => decimal(mean(bySeed(engine, ({ loss }) => loss)), 3)),
  ]
}

function linearProbe(runs: readonly ProbeRun[]): string {
  const rows = distinct(runs, ({ data, l2 }) => `${data} ${l2}`).map(pair => {
    const at = (engine: ProbeRun['engine']) => {
      const run = pair.find(each => each.engine === engine)
      if (run === undefined) throw new Error(`no probe of ${engine} at ${pair[0].l2}`)
      return run
    }
    const [ours, theirs] = [at('layergym'), at('scikit-learn')]
    const accuracy = ({ accuracy: value, chosen }: ProbeRun) =>
      `${decimal(100 * value, 2)}${chosen ? ', chosen' : ''}`
    return [
      ...[ours.data, ours.l2.toExponential(), accuracy(ours), accuracy(theirs)],
      ...[ours, theirs].map(({ loss }) => decimal(loss, 4)),
    ]
  })
  return table(['clips', 'L2', 'layergym', 'scikit-learn', 'loss', 'loss of scikit-learn'], rows)
}

function forward(checks: readonly ForwardCheck[]): string {
  return table(
    ['clips', 'compared', 'largest logit', 'largest difference'],
    checks.map(({ data, clips, largestLogit, maxLogitDifference }) => [
      ...[data, clips, decimal(largestLogit, 1), maxLogitDifference.toExponential(1)],
    ]),
  )
}

function steps(checks: readonly StepsCheck[]): string {
  return table(
    ['clips', 'step', 'layergym', 'PyTorch'],
    checks.flatMap(({ data, ours, theirs }) =>
      ours.map((loss, i) => [data, i + 1, decimal(loss, 5), decimal(theirs[i], 5)]),
    ),
  )
}

function isFull(line: Line): line is FullRun {
  return 'schedule' in line && line.schedule === 'fullFineTune'
}

function isProbe(line: Line): line is ProbeRun {
  return 'schedule' in line && line.schedule === 'linearProbe'
}

/** In groups by key, in the order in which keys first occur. */
function distinct<T>(values: readonly T[], key: (value: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value])
  return [...groups.values()]
}

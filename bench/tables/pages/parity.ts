import { mean } from '../../../src/common/statistics.ts'
import { decimal } from '../../../src/runner/report/words.ts'
import { table } from '../../support/measure.ts'
import type { Page, Raw } from '../redraw.ts'
import { compared, distinct, type Unit } from './beside-peer.ts'

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
  /** Of torch: on the batches of our run of that seed, or on its own. */
  readonly sameBatches?: boolean
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
    'full fine-tuning': raw =>
      fullFineTuning(lines(raw).filter(isFull), ({ accuracy }) => accuracy, { factor: 100, digits: 1 }),
    'loss of full fine-tuning': raw =>
      fullFineTuning(lines(raw).filter(isFull), ({ loss }) => loss, { factor: 1, digits: 2 }),
    'linear probe': raw => linearProbe(lines(raw).filter(isProbe)),
    'forward pass': raw => forward(lines(raw).filter(line => 'check' in line && line.check === 'forward')),
    'first steps': raw => steps(lines(raw).filter(line => 'check' in line && line.check === 'steps')),
  },
}

function lines(raw: Raw): readonly Line[] {
  return raw<Line>('torch-parity')
}

const HEAD = [
  ...['clips', 'steps', 'rate', 'layergym', 'PyTorch', 'difference (95 %)'],
  ...['PyTorch on the same batches', 'difference (95 %)'],
]

/** A row a setting, and one of each seed's mean over a data set's settings. */
function fullFineTuning(runs: readonly FullRun[], of: (run: FullRun) => number, unit: Unit): string {
  const rows = distinct(runs, ({ data }) => data).flatMap(own => {
    const settings = distinct(own, ({ steps: length, rate }) => `${length} ${rate}`)
    const sorted = settings.sort(([a], [b]) => a.steps - b.steps || a.rate - b.rate)
    return [
      ...sorted.map(same => [
        ...[same[0].data, same[0].steps, same[0].rate.toExponential()],
        ...besidePeer(same, of, unit),
      ]),
      [own[0].data, 'all', 'all', ...besidePeer(own, of, unit)],
    ]
  })
  return table(HEAD, rows)
}

/** Seeds' means over the settings. */
function besidePeer(runs: readonly FullRun[], of: (run: FullRun) => number, unit: Unit): readonly string[] {
  const bySeed = (engine: FullRun['engine'], same: boolean) =>
    distinct(
      runs.filter(run => run.engine === engine && (run.sameBatches ?? false) === same),
      ({ seed }) => `${seed}`,
    ).map(own => unit.factor * mean(own.map(of)))
  return compared(
    { ours: bySeed('layergym', false), theirs: bySeed('torch', false), alike: bySeed('torch', true) },
    unit.digits,
  )
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

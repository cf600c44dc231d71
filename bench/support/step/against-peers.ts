import { median } from '../../../src/common/quantile.ts'
import { table, times } from '../measure.ts'
import { type PeerStep, tensorflowSteps, torchSteps } from '../torch.ts'
import { describeRow, folderOf, STEP_ROWS, type StepRow } from './row.ts'
import { type Stepping, stepping } from './steps.ts'

export interface Peers {
  readonly torch: boolean
  readonly tensorflow: boolean
  readonly threads: number
  readonly rounds: number
  readonly steps: number
  /** Where PyTorch computes. */
  readonly peer: Pick<PeerStep, 'device' | 'tf32'>
}

const COLUMNS = [
  'one step, ms: median of rounds (fastest)',
  'compiled',
  'eager',
  'torch, channels-last',
  'torch, contiguous',
  'TensorFlow’s tf.function',
  'compiled / eager',
  'compiled / faster torch, median (range of rounds)',
  'aim',
  'fastest / fastest',
  'compiled / tf.function',
]

type Candidate = 'compiled' | 'eager' | 'last' | 'first' | 'tensorflow'
type Round = Readonly<Record<Candidate, readonly number[]>>

/** Whole steps: pixels to float, forward, backward, gradients, AdamW, new weights; a peer's batch is float already. */
export async function againstPeers(names: readonly string[], peers: Peers): Promise<string> {
  const rows: (readonly string[])[] = []
  for (const name of names) {
    const row = STEP_ROWS[name]
    if (folderOf(row) === undefined)
      process.stderr.write(
        `${name}: ${row.folder} is not at hand (LAYERGYM_MODELS names a folder of networks)\n`,
      )
    else rows.push(await measured(name, row, peers))
  }
  return table(COLUMNS, rows)
}

async function measured(name: string, row: StepRow, peers: Peers): Promise<readonly string[]> {
  const compiled = await stepping(row, 'compiled')
  const eager = await stepping(row, 'eager')
  const rounds = Array.from({ length: peers.rounds }, () => round(row, { compiled, eager }, peers))
  process.stderr.write(`${name}: ${JSON.stringify(rounds)}\n`)
  return [describeRow(row), ...figures(rounds, row.aim)]
}

function round(row: StepRow, ours: Readonly<Record<'compiled' | 'eager', Stepping>>, peers: Peers): Round {
  const { steps, threads } = peers
  const { net, size, batch, frames, mode, dropout = 0, augment = false } = row
  const peer = { net, size: Math.max(1, size), batch, frames, mode, dropout, augment, threads, steps }
  for (const one of [ours.compiled, ours.eager]) times(1, () => one.step())
  return {
    compiled: times(steps, () => ours.compiled.step()),
    eager: times(steps, () => ours.eager.step()),
    last: peers.torch ? torchSteps({ ...peer, ...peers.peer, channelsLast: true }).times : [],
    // Sequences have one layout. Of pictures this is the slower one by far: its figure needs no precision.
    first:
      peers.torch && size > 0
        ? torchSteps({ ...peer, ...peers.peer, channelsLast: false, steps: 2, warmup: 1 }).times
        : [],
    tensorflow: peers.tensorflow && !augment ? tensorflowSteps(peer).times : [],
  }
}

function figures(rounds: readonly Round[], aim: number): readonly string[] {
  const fastest = (name: Candidate) => Math.min(...rounds.flatMap(each => each[name]))
  const middle = (each: Round, name: Candidate) =>
    each[name].length === 0 ? Number.POSITIVE_INFINITY : median(each[name])
  const both = (name: Candidate) =>
    rounds.every(each => each[name].length === 0)
      ? '–'
      : `${shown(median(rounds.map(each => middle(each, name))))} (${shown(fastest(name))})`
  const ratio = (over: (each: Round) => number) => rounds.map(each => middle(each, 'compiled') / over(each))
  const toTorch = ratio(each => Math.min(middle(each, 'last'), middle(each, 'first')))
  return [
    ...(['compiled', 'eager', 'last', 'first', 'tensorflow'] as const).map(both),
    median(ratio(each => middle(each, 'eager'))).toFixed(2),
    `${median(toTorch).toFixed(2)} (${Math.min(...toTorch).toFixed(2)}–${Math.max(...toTorch).toFixed(2)})`,
    `≤ ${aim}`,
    (fastest('compiled') / Math.min(fastest('last'), fastest('first'))).toFixed(2),
    both('tensorflow') === '–' ? '–' : median(ratio(each => middle(each, 'tensorflow'))).toFixed(2),
  ]
}

function shown(ms: number): string {
  return ms.toFixed(ms < 20 ? 1 : 0)
}

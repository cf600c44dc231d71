/**
 * The fine-tuning step, compiled and eager, against PyTorch's, on one net, batch and optimizer; what compiling costs; then,
 * of compiled steps, what frozen prefixes, snapshots and the statistics of a decision cost. Rounds of all candidates alternate, and medians of rounds are compared, so
 * that what else the machine does falls on all alike.
 *   LAYERGYM_PYTHON=path/to/python npm run bench -- step
 * Two threads, or TF_NUM_INTRAOP_THREADS. On a machine that is busy one thread is the fairer measure: two wait
 * for each other, PyTorch's by spinning, and lose far more than their share.
 */
import { availableParallelism, cpus, loadavg } from 'node:os'
import { median } from '../src/common/quantile.ts'
import { PROBE_CLIPS, Probe } from '../src/envs/finetune/probe.ts'
import { startEngine } from '../src/models/engine.ts'
import type { HeadBuilder } from '../src/models/head.ts'
import { tf } from '../src/models/tf.ts'
import { table, times } from './support/measure.ts'
import { FRAMES, flopShare, mobilenet, prefixOf } from './support/mobilenet.ts'
import { torchSteps, torchVersion } from './support/torch.ts'

const THREADS = Number(process.env.TF_NUM_INTRAOP_THREADS) || 2
const ROUNDS = 5
const STEPS = 4
const SIZES = [
  { size: 64, batch: 16 },
  { size: 96, batch: 8 },
] as const
const MODES = ['frozen-bn', 'train-bn'] as const
type Candidate = 'ours' | 'eager' | 'last' | 'first'
const executor = 'compiled'

const engine = await startEngine({ threads: THREADS })
const torch = torchVersion()
say(
  `${Object.entries(engine.versions)
    .map(entry => entry.join(' '))
    .join(', ')}; torch ${torch ?? 'missing'}; ` +
    `engine ${engine.name}, ${THREADS} threads of ${availableParallelism()} cores (${cpus()[0]?.model}), load ${loadavg()[0].toFixed(1)}\n`,
)
await againstTorch()
await compiling()
await frozenPrefixes()
await decisions()
await snapshots()
say(`load at the end ${loadavg()[0].toFixed(1)}`)

/** Whole steps: pixels to float, forward, backward, gradients, AdamW, new weights; the peer's batch is float already. */
async function againstTorch(): Promise<void> {
  const rows: (string | number)[][] = []
  for (const { size, batch } of SIZES) {
    for (const mode of MODES) {
      const norm = mode === 'frozen-bn' ? 'frozen' : 'batch'
      const ours = await mobilenet({ size, batch, groups: 4, norm, executor })
      const eager = await mobilenet({ size, batch, groups: 4, norm })
      const peer = { size, batch, frames: FRAMES, threads: THREADS, mode, steps: STEPS }
      const rounds = Array.from({ length: ROUNDS }, () => {
        for (const one of [ours, eager]) times(1, () => one.step())
        return {
          ours: times(STEPS, () => ours.step()),
          eager: times(STEPS, () => eager.step()),
          last: torch ? torchSteps({ ...peer, channelsLast: true }) : [],
          // The slower layout by far: its figure needs no precision.
          first: torch ? torchSteps({ ...peer, channelsLast: false, steps: 2, warmup: 1 }) : [],
        }
      })
      const ratios = rounds.map(
        round => median(round.ours) / Math.min(median(round.last), median(round.first)),
      )
      const toEager = rounds.map(round => median(round.ours) / median(round.eager))
      const fastest = (name: Candidate) => Math.min(...rounds.flatMap(round => round[name]))
      const both = (name: Candidate) =>
        `${median(rounds.map(round => median(round[name]))).toFixed(0)} (${fastest(name).toFixed(0)})`
      process.stderr.write(`${size} ${mode}: ${JSON.stringify(rounds)}\n`)
      rows.push([
        `${size}x${size}, ${batch}×${FRAMES} frames, ${mode}`,
        ...[both('ours'), both('eager'), both('last'), both('first')],
        median(toEager).toFixed(2),
        `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
        (fastest('ours') / Math.min(fastest('last'), fastest('first'))).toFixed(2),
      ])
    }
  }
  say(
    table(
      [
        'one step, ms: median of rounds (fastest)',
        'compiled',
        'eager',
        'torch, channels-last',
        'torch, contiguous',
        'compiled / eager',
        'compiled / faster torch, median (range of rounds)',
        'fastest / fastest',
      ],
      rows,
    ),
  )
}

/** The first compiled step beside an eager one: a trace, which is an eager step, and what TensorFlow makes of it. */
async function compiling(): Promise<void> {
  const rows: (string | number)[][] = []
  for (const { size, batch } of SIZES) {
    const eager = await mobilenet({ size, batch, groups: 4 })
    times(1, () => eager.step())
    const rounds: { readonly first: number; readonly eager: number; readonly compiled: number }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const compiled = await mobilenet({ size, batch, groups: 4, executor })
      const [first] = times(1, () => compiled.step())
      const steps = { eager: times(STEPS, () => eager.step()), compiled: times(STEPS, () => compiled.step()) }
      rounds.push({ first, eager: median(steps.eager), compiled: median(steps.compiled) })
    }
    const of = (figure: (round: (typeof rounds)[number]) => number) => median(rounds.map(figure)).toFixed(0)
    rows.push([
      `${size}x${size}, ${batch}×${FRAMES}`,
      of(round => round.first),
      of(round => round.first - round.eager),
      of(round => (round.first - round.compiled) / Math.max(1, round.eager - round.compiled)),
    ])
  }
  const columns = [
    'first step of a signature, ms',
    'more than an eager one (≤ 1000)',
    'paid back after, steps',
  ]
  say(table(['', ...columns], rows))
}

async function frozenPrefixes(): Promise<void> {
  const rows: (string | number)[][] = []
  for (const { size, batch } of SIZES) {
    const uncached = await mobilenet({ size, batch, groups: 12, executor })
    const cached = await mobilenet({ size, batch, groups: 12, cacheBytes: 2 ** 30, executor })
    const { network } = uncached.trainee
    for (const share of [0.5, 0.75]) {
      const frozen = prefixOf(network, share)
      const f = flopShare(network, frozen)
      // Warm: the first cached step fills the cache.
      for (const bench of [uncached, cached]) times(1, () => bench.step(frozen))
      const rounds = Array.from({ length: ROUNDS }, () => {
        const full = median(times(STEPS, () => uncached.step()))
        return {
          without: full / median(times(STEPS, () => uncached.step(frozen))),
          with: full / median(times(STEPS, () => cached.step(frozen))),
        }
      })
      const without = median(rounds.map(round => round.without))
      const withCache = median(rounds.map(round => round.with))
      rows.push([
        `${size}x${size}, ${batch}×${FRAMES}`,
        f.toFixed(2),
        ...reached(without, 3 / (3 - 2 * f)),
        ...reached(withCache, 1 / (1 - f)),
      ])
    }
  }
  say(
    table(
      [
        'full step / step with a frozen prefix',
        'f',
        'no cache',
        '3/(3−2f)',
        'reached',
        'cache',
        '1/(1−f)',
        'reached',
      ],
      rows,
    ),
  )
}

function reached(speedUp: number, expected: number): string[] {
  return [`${speedUp.toFixed(2)}×`, `${expected.toFixed(2)}×`, `${((100 * speedUp) / expected).toFixed(0)} %`]
}

/** What a decision reads, against uncached full steps of the round before it. */
async function decisions(): Promise<void> {
  const rows: (string | number)[][] = []
  for (const { size, batch } of SIZES) {
    const { trainee, step, batch: clips } = await mobilenet({ size, batch, groups: 4, executor })
    const probe = new Probe(trainee, clips)
    const passes = () => {
      trainee.probe(clips.slice(0, PROBE_CLIPS))
      trainee.activations(clips.slice(0, PROBE_CLIPS))
    }
    times(1, () => step())
    // A forward pass becomes a function once it has come a few times.
    for (let time = 0; time < 4; time++) probe.measure()
    const rounds = Array.from({ length: ROUNDS }, () => {
      const before = trainee.moment()
      const full = median(times(STEPS, () => step()))
      const pass = median(times(2, passes))
      const all = median(times(2, () => probe.measure(before)))
      return { pass: pass / full, figures: Math.max(0, all - pass) / full }
    })
    for (const steps of [6, 15])
      rows.push([
        `${size}x${size}, ${batch}×${FRAMES}, rounds of ${steps} steps`,
        percent(median(rounds.map(round => round.pass)) / steps),
        percent(median(rounds.map(round => round.figures)) / steps),
      ])
  }
  say(table(['share of uncached full fine-tuning', 'probe (≤ 10 %)', 'features (≤ 5 %)'], rows))
}

/** A head of 3 million parameters on the backbone, so that the size is one that people fine-tune. */
async function snapshots(): Promise<void> {
  const head: HeadBuilder = features => {
    const flat = tf.layers.flatten().apply(features) as tf.SymbolicTensor
    const hidden = tf.layers.dense({ units: 300, activation: 'relu' }).apply(flat) as tf.SymbolicTensor
    return tf.layers.dense({ units: 4, activation: 'softmax' }).apply(hidden) as tf.SymbolicTensor
  }
  const { trainee, step } = await mobilenet({ size: 32, batch: 4, groups: 4, head, executor })
  const parameters = trainee.network.groups.reduce((sum, group) => sum + group.parameters, 0)
  times(2, () => step())
  const measured = Array.from({ length: 15 }, () => {
    let state = trainee.snapshot()
    const [taking] = times(1, () => {
      state = trainee.snapshot()
    })
    step()
    const [restoring] = times(1, () => trainee.restore(state))
    return taking + restoring
  })
  say(
    table(
      ['snapshot + restore after a step that changed everything', 'ms (≤ 20)'],
      [[`${(parameters / 1e6).toFixed(1)} M parameters, AdamW slots`, median(measured).toFixed(1)]],
    ),
  )
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

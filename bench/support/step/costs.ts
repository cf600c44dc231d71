import { median } from '../../../src/common/quantile.ts'
import { Rng } from '../../../src/common/random.ts'
import { PROBE_CLIPS, Probe } from '../../../src/envs/finetune/probe.ts'
import type { HeadBuilder } from '../../../src/models/head.ts'
import { tf } from '../../../src/models/tf.ts'
import { table, times } from '../measure.ts'
import { FRAMES, flopShare, mobilenet, prefixOf } from '../mobilenet.ts'

const SIZES = [
  { size: 64, batch: 16 },
  { size: 96, batch: 8 },
] as const
const executor = 'compiled'

/** How often each figure is taken: rounds of so many steps. */
interface Effort {
  readonly rounds: number
  readonly steps: number
}

/** The first compiled step beside an eager one: a trace, which is an eager step, and what TensorFlow makes of it. */
export async function compiling({ rounds: count, steps }: Effort): Promise<string> {
  const rows: (string | number)[][] = []
  for (const { size, batch } of SIZES) {
    const eager = await mobilenet({ size, batch, groups: 4 })
    times(1, () => eager.step())
    const rounds: { readonly first: number; readonly eager: number; readonly compiled: number }[] = []
    for (let round = 0; round < count; round++) {
      const compiled = await mobilenet({ size, batch, groups: 4, executor })
      const [first] = times(1, () => compiled.step())
      const eagerly = median(times(steps, () => eager.step()))
      rounds.push({ first, eager: eagerly, compiled: median(times(steps, () => compiled.step())) })
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
  return table(['', ...columns], rows)
}

export async function frozenPrefixes({ rounds: count, steps }: Effort): Promise<string> {
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
      const rounds = Array.from({ length: count }, () => {
        const full = median(times(steps, () => uncached.step()))
        return {
          without: full / median(times(steps, () => uncached.step(frozen))),
          with: full / median(times(steps, () => cached.step(frozen))),
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
  return table(
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
  )
}

function reached(speedUp: number, expected: number): string[] {
  return [`${speedUp.toFixed(2)}×`, `${expected.toFixed(2)}×`, `${((100 * speedUp) / expected).toFixed(0)} %`]
}

/** What a decision reads, against uncached full steps of the round before it. */
export async function decisions({ rounds: count, steps }: Effort): Promise<string> {
  const rows: (string | number)[][] = []
  for (const { size, batch } of SIZES) {
    const { trainee, step, batch: clips } = await mobilenet({ size, batch, groups: 4, executor })
    const probe = new Probe(trainee, clips)
    const passes = () => void trainee.probe(clips.slice(0, PROBE_CLIPS))
    times(1, () => step())
    // A forward pass becomes a function once it has come a few times.
    for (let time = 0; time < 4; time++) probe.measure()
    const rounds = Array.from({ length: count }, () => {
      const before = trainee.moment()
      const full = median(times(steps, () => step()))
      const pass = median(times(2, passes))
      const all = median(times(2, () => probe.measure(before)))
      return { pass: pass / full, figures: Math.max(0, all - pass) / full }
    })
    for (const length of [6, 15])
      rows.push([
        `${size}x${size}, ${batch}×${FRAMES}, rounds of ${length} steps`,
        percent(median(rounds.map(round => round.pass)) / length),
        percent(median(rounds.map(round => round.figures)) / length),
      ])
  }
  return table(['share of uncached full fine-tuning', 'probe (≤ 10 %)', 'features (≤ 2 %)'], rows)
}

const EVALUATED = 64

/** Evaluations behind a frozen prefix whose activations are kept: in this process alone, and on the engine too. */
export async function evaluations({ rounds: count, steps }: Effort): Promise<string> {
  const rows: (string | number)[][] = []
  for (const share of [0.5, 0.75]) {
    const of = { size: 64, batch: EVALUATED, groups: 12, executor, inBatches: true } as const
    const { trainee } = await mobilenet(of)
    const frozen = prefixOf(trainee.network, share)
    const reserved = 2 * 4 * trainee.network.crossingSize(frozen) * EVALUATED
    const benches = await Promise.all(
      [reserved, 2 * reserved].map(cacheBytes => mobilenet({ ...of, cacheBytes })),
    )
    // What was trained decides what is frozen; a forward pass becomes a function once it has come a few times.
    for (const { trainee, batch } of benches) {
      trainee.step(
        batch.slice(0, 2),
        trainee.network.groups.map((_, group) => (group < frozen ? 0 : 1e-4)),
        Rng.of(1, 'dropout'),
      )
      for (let time = 0; time < 2; time++) trainee.evaluate(batch)
    }
    const found = Array.from({ length: count }, () => {
      const [host, engine] = benches.map(({ trainee, batch }) =>
        median(times(steps, () => void trainee.evaluate(batch))),
      )
      return { host, engine, ratio: engine / host }
    })
    rows.push([
      flopShare(trainee.network, frozen).toFixed(2),
      median(found.map(({ host }) => host)).toFixed(1),
      median(found.map(({ engine }) => engine)).toFixed(1),
      median(found.map(({ ratio }) => ratio)).toFixed(2),
    ])
  }
  const columns = ['kept in memory, ms', 'on the engine, ms', 'engine / memory']
  return table([`f; an evaluation of ${EVALUATED}×${FRAMES} frames at 64x64`, ...columns], rows)
}

/** A head of 3 million parameters on the backbone, so that the size is one that people fine-tune. */
export async function snapshots(): Promise<string> {
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
  return table(
    ['snapshot + restore after a step that changed everything', 'ms (≤ 20)'],
    [[`${(parameters / 1e6).toFixed(1)} M parameters, AdamW slots`, median(measured).toFixed(1)]],
  )
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

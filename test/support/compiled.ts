import { Rng } from '../../src/common/random.ts'
import { CompiledExecutor } from '../../src/models/compiled/compiled-executor.ts'
import { EagerExecutor } from '../../src/models/eager-executor.ts'
import type { Batch, Executor } from '../../src/models/executor.ts'
import type { NormMode } from '../../src/models/gradients.ts'
import type { Held } from '../../src/models/held.ts'
import { readWeights, type Weights } from '../../src/models/initialize.ts'
import { loadModel } from '../../src/models/load.ts'
import type { Network } from '../../src/models/network.ts'
import { createOptimizer, type OptimizerOptions } from '../../src/models/optimizer.ts'
import { SCALINGS } from '../../src/models/scaling.ts'
import { buildNetwork, inputFormat, isVideoModel } from '../../src/runner/instances/network.ts'
import { classTask } from './tasks.ts'

const CLASSES = 3
const TASK = classTask(CLASSES, { counts: [1, 2, 3], balance: 'weights' })

/** Each executor on a network of its own, alike, and batches for both. */
export interface Pair {
  readonly network: Network
  readonly eager: Executor
  readonly compiled: Executor
  batch(seed: number): Batch
}

/** A model of a folder under a head for three classes, on noise. */
export async function pairOf(
  folder: string,
  of: { readonly size: number; readonly clips: number; readonly frames: number },
  optimizer: OptimizerOptions = { kind: 'sgd' },
): Promise<Pair> {
  const { model } = await loadModel(folder)
  const format = inputFormat(model, { task: 'action-recognition', size: of.size, frames: of.frames })
  const image = model.inputs[0].shape.length === 4
  const networkOf = (loaded: typeof model) =>
    buildNetwork(loaded, {
      output: TASK.head,
      format,
      scaling: image || isVideoModel(model) ? SCALINGS[1] : undefined,
      head: 'two-layer',
      keepHead: false,
      seed: 1,
      groups: { atMost: 4 },
    })
  const network = networkOf(model)
  const other = networkOf((await loadModel(folder)).model)
  const weights = withoutZeros(readWeights(network))
  const shared = { task: TASK, optimizer: () => createOptimizer(optimizer) }
  const { frames, size, channels } = format
  const values = of.clips * frames * size[0] * size[1] * channels
  const pixels = image || isVideoModel(model)
  const batch = (seed: number) => {
    const rng = Rng.of(seed, 'noise')
    const noise = pixels
      ? Uint8Array.from({ length: values }, () => rng.int(256))
      : Float32Array.from({ length: values }, () => (size[1] === 1 ? rng.int(40) : rng.normal()))
    const targets = Array.from({ length: of.clips }, (_, clip) => (clip + seed) % CLASSES)
    return { input: network.input(noise, of.clips), clips: of.clips, from: 0, targets }
  }
  const eager = new EagerExecutor({ network, ...shared }, readWeights(network))
  const compiled = new CompiledExecutor({ network: other, ...shared }, readWeights(other))
  for (const executor of [eager, compiled]) executor.load(weights)
  return { network, eager, compiled, batch }
}

/** A fresh head's last layer is zero: nothing would flow back through it. */
function withoutZeros(weights: Weights): Weights {
  const rng = Rng.of(1, 'head')
  const entries = Object.entries(weights).map(([name, values]) => {
    const isZero = name.endsWith('kernel') && values.every(value => value === 0)
    return [name, isZero ? values.map(() => 0.1 * rng.normal()) : values] as const
  })
  return Object.fromEntries(entries)
}

/** Groups freeze and thaw. */
const FROZEN: readonly (readonly number[])[] = [[], [0], [0, 1], [1], [0, 1, 2]]

/**
 * Largest difference of the weights after some steps of both, groups frozen and thawed; of tensors with values above 1,
 * over the largest.
 */
export function differenceAfter(pair: Pair, steps: number, rate: number, mode: NormMode): number {
  const { network, eager, compiled } = pair
  for (let step = 0; step < steps; step++) {
    const frozen = FROZEN[Math.floor(step / 5) % FROZEN.length]
    const last = network.groups.length - 1
    const rates = network.groups.map((_, group) => (group !== last && frozen.includes(group) ? 0 : rate))
    const norms = rates.map(() => mode)
    for (const executor of [eager, compiled]) {
      const batch = pair.batch(step)
      executor.step(batch, rates, { norms, momentum: 0.9, dropout: Rng.of(step, 'dropout') })
      batch.input.dispose()
    }
  }
  const [theirs, ours] = [eager.read(), compiled.read()]
  return Math.max(
    ...Object.keys(theirs).map(
      name => farthest(theirs[name], ours[name]) / Math.max(1, largestOf(theirs[name])),
    ),
  )
}

/** What rounding alone does to the weights: eager steps beside the same, whose first weights are one rounding off. */
export async function roundingAfter(
  make: () => Promise<Pair>,
  steps: number,
  rate: number,
  mode: NormMode,
): Promise<number> {
  const [first, second] = [await make(), await make()]
  const rng = Rng.of(1, 'rounding')
  const off = Object.entries(first.eager.read()).map(([name, values]) => {
    return [name, values.map(value => value * (1 + (rng.int(2) === 0 ? -1 : 1) * 2 ** -24))] as const
  })
  second.eager.load(Object.fromEntries(off))
  return differenceAfter({ ...first, compiled: second.eager }, steps, rate, mode)
}

/** Calls after which a forward pass certainly is a function. */
const CALLS = 5

/** How many numbers of forward passes, group by group and whole, differ in any bit. */
export function differentBits({ network, eager, compiled, batch }: Pair): number {
  const entering = batch(1)
  let different = 0
  const ends = [...network.groups.keys()].map(group => group + 1)
  for (const to of ends) {
    const theirs = eager.forward(entering, to).dataSync()
    for (let call = 0; call < CALLS; call++) {
      const output = compiled.forward(entering, to)
      const ours = output.dataSync() as Float32Array
      different += ours.reduce((sum, value, i) => sum + (Object.is(value, theirs[i]) ? 0 : 1), 0)
      output.dispose()
    }
  }
  entering.input.dispose()
  return different
}

/** Of each learned tensor, the largest difference of the gradients over its largest value; the worst of them. */
export function gradientDifference({ network, compiled, batch }: Pair): number {
  const entering = batch(2)
  const { targets, clips, input } = entering
  const learned = network.variables.filter(variable => variable.learned)
  const { gradients } = network.gradients(input, clips, outputs => TASK.loss(outputs, targets as number[]), {
    from: 0,
    trained: new Set(learned.map(({ name }) => name)),
    weights: targets.map(target => TASK.weight?.(target as number) ?? 1),
  })
  const means = compiled.probe([entering, entering]).mean as unknown as readonly Held[]
  input.dispose()
  return Math.max(
    ...network.groups.flatMap((_, group) => {
      const flat = means[group].tensor.dataSync() as Float32Array
      let at = 0
      return learned
        .filter(variable => variable.group === group)
        .map(({ name, size }) => {
          at += size
          const theirs = gradients.get(name) ?? new Float32Array()
          const largest = largestOf(theirs)
          const off = farthest(theirs, flat.subarray(at - size, at))
          return largest === 0 ? off : off / largest
        })
    }),
  )
}

function largestOf(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}

function farthest(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0)
}

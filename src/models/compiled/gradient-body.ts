import { sizeOf } from '../../common/arrays.ts'
import type { Masks } from '../dropout.ts'
import type { ExecutorOptions } from '../eager-executor.ts'
import type { Batch } from '../executor.ts'
import type { LivePiece } from '../function/recording.ts'
import type { Fed } from '../function/replay.ts'
import { replay } from '../function/replay.ts'
import type { Live, Mark } from '../function/trace.ts'
import type { GradientTensors, NormMode } from '../gradients.ts'
import type { Outputs } from '../tasks/task.ts'
import { tf } from '../tf.ts'

/** What is the same for all batches that one function serves. */
export interface Signature {
  readonly clips: number
  readonly shape: readonly number[]
  readonly from: number
  /** By group. */
  readonly trained: readonly boolean[]
  readonly norms?: readonly NormMode[]
  readonly momentum?: number
  readonly dropout: boolean
}

/** Whether stored statistics alone are used. */
export function isByStoredStatistics({ norms = [] }: Signature): boolean {
  return norms.every(mode => mode === 'frozen')
}

/** Whether a step goes forward as another does, from the same place or a later one on, and moves none that the other doesn't. */
export function isPartOf(signature: Signature, whole: Signature): boolean {
  const { clips, shape, from, trained, dropout } = signature
  if (clips !== whole.clips || dropout !== whole.dropout || from < whole.from) return false
  if (from === whole.from && `${shape}` !== `${whole.shape}`) return false
  if (!isByStoredStatistics(signature) || !isByStoredStatistics(whole)) return false
  return trained.every((moves, group) => !moves || whole.trained[group])
}

/** One mask of dropout, drawn anew at every step. */
export interface MaskPlan {
  readonly rate: number
  readonly shape: readonly number[]
}

/** What a loss is computed from. */
export interface LossOptions {
  readonly network: Pick<ExecutorOptions['network'], 'outputs'>
  readonly task: Pick<ExecutorOptions['task'], 'loss'>
}

/**
 * Gradients of one batch while they are traced; the masks that they took are written down.
 * @param masksNow dropout's, when nothing is traced
 * @param mark gets what crosses into each later group, by `enteringLabel`
 */
export function differentiated(
  { network, task }: ExecutorOptions,
  { clips, from, trained, norms, momentum, dropout }: Signature,
  entering: { readonly input: tf.Tensor; readonly weights?: tf.Tensor; readonly targets: readonly unknown[] },
  { live, mark, masksNow }: { readonly live: Live; readonly mark?: Mark; readonly masksNow?: Masks },
): { readonly tensors: GradientTensors; readonly masks: readonly MaskPlan[] } {
  const masks: MaskPlan[] = []
  const { input, weights, targets } = entering
  const loss = ({ values, activated }: Outputs) => {
    const own = live([values], ([inside]) => task.loss({ values: inside, activated }, targets))
    return tf.mean(weights === undefined ? own : tf.mul(own, weights)) as tf.Scalar
  }
  const maskOf: Masks = (rate, shape) => {
    masks.push({ rate, shape: [...shape] })
    return live([], () => tf.tensor(new Float32Array(sizeOf(shape)), [...shape]))
  }
  const names = network.variables.filter(({ learned, group }) => learned && trained[group])
  const tensors = network.differentiate(input, clips, loss, {
    from,
    trained: new Set(names.map(({ name }) => name)),
    norms,
    momentum,
    masks: dropout ? (masksNow ?? maskOf) : undefined,
    onEntering: mark && ((group, tensor) => mark(enteringLabel(group), tensor)),
  })
  return { tensors, masks }
}

export function enteringLabel(group: number): string {
  return `enters group ${group}`
}

/** What a clip's loss counts for, where the task weighs. */
export function weightsOf(
  { task }: ExecutorOptions,
  { targets }: Pick<Batch, 'targets'>,
): tf.Tensor | undefined {
  return task.weight && tf.tensor1d(targets.map(target => task.weight?.(target) ?? 1))
}

/**
 * What losses make of their targets; undefined where one makes other tensors than when it was traced, nothing of those that a
 * trace didn't come to.
 * @param live of the trace: losses alone read a tensor
 */
export function fedByLosses(
  live: readonly LivePiece[],
  { network, task }: LossOptions,
  targets: readonly (readonly unknown[])[],
): readonly Fed[] | undefined {
  const fed = live
    .filter(({ inputs }) => inputs.length > 0)
    .map((piece, i) => replay(piece, ([values]) => task.loss(network.outputs(values), targets[i])))
  return fed.some(each => each === undefined) ? undefined : fed.flatMap(each => each ?? [])
}

/** Values as tensors by the argument that they are for; the caller's. */
export function tensorsOf(fed: readonly Fed[]): Map<string, tf.Tensor> {
  return new Map(
    fed.map(({ tensor, values }) => {
      return [tensor.argument ?? '', tf.tensor(values, [...tensor.shape], DTYPES[tensor.dtype])]
    }),
  )
}

/** TensorFlow's numbers. */
const DTYPES: Readonly<Record<number, tf.DataType>> = { 1: 'float32', 3: 'int32', 10: 'bool' }

import type { Parameter, Value } from '../fused.ts'
import { differentiable } from '../fused.ts'
import type { NativeKernels } from '../kernels.ts'
import { tf } from '../tf.ts'
import type { Cell, Kept } from './cell.ts'

export interface RecurrenceInputs {
  /** [B, T, F] */
  readonly x: Value
  /** [F, gates · U] */
  readonly kernel: Parameter
  /** [U, gates · U] */
  readonly recurrent: Parameter
  /** [gates · U] */
  readonly bias?: Parameter
  readonly cell: Cell
  /** [B, T, U] instead of [B, U]. */
  readonly sequences: boolean
}

/**
 * A recurrent layer from states of zeros in one differentiable piece. What doesn't depend on the step before is computed for
 * all steps at once: the input's product with the kernel, and backwards the gradients of input, kernels and bias.
 * Gradients are computed for active inputs only.
 */
export function fusedRecurrence(native: NativeKernels, inputs: RecurrenceInputs): tf.Tensor {
  const { x, kernel, recurrent, bias } = inputs
  const active = [x, kernel, recurrent, bias].filter((value): value is Value => value?.active === true)
  if (active.length === 0) return forward(native, inputs).output
  return differentiable(active, save => {
    const { output, steps, overTime } = forward(native, inputs)
    const names = Object.keys(steps[0])
    save([overTime, ...steps.flatMap(kept => Object.values(kept))])
    const gradFunc = (dy: tf.Tensor, [savedInput, ...rest]: tf.Tensor[]) => {
      const saved = steps.map((_, t) => {
        const own = rest.slice(t * names.length, (t + 1) * names.length)
        return Object.fromEntries(own.map((tensor, i) => [names[i], tensor]))
      })
      return backward(native, inputs, dy, { overTime: savedInput, steps: saved })
    }
    return { value: output, gradFunc }
  })
}

interface Passed {
  /** [T · B, F] */
  readonly overTime: tf.Tensor
  readonly steps: readonly Kept[]
}

function forward(
  native: NativeKernels,
  { x, kernel, recurrent, bias, cell, sequences }: RecurrenceInputs,
): Passed & { readonly output: tf.Tensor } {
  const [batch, time, features] = x.tensor.shape
  const units = recurrent.tensor.shape[0]
  const overTime = tf.reshape(tf.transpose(x.tensor, [1, 0, 2]), [time * batch, features])
  const product = native.product(overTime, inOrder(kernel.tensor, cell))
  const projected = bias === undefined ? product : native.biasAdd(product, inOrder(bias.tensor, cell))
  const parts = columns(projected, cell, units).map(part => tf.unstack(tf.reshape(part, [time, batch, -1])))
  const weights = cell.weights(inOrder(recurrent.tensor, cell))
  let states: readonly tf.Tensor[] = Array.from({ length: cell.states }, () => tf.zeros([batch, units]))
  const outputs: tf.Tensor[] = []
  const steps: Kept[] = []
  for (let t = 0; t < time; t++) {
    const step = cell.step(
      parts.map(part => part[t]),
      states,
      weights,
    )
    states = step.states
    steps.push(step.kept)
    outputs.push(states[0])
  }
  return { overTime, steps, output: sequences ? tf.stack(outputs, 1) : tf.clone(states[0]) }
}

function backward(
  native: NativeKernels,
  { x, kernel, recurrent, bias, cell, sequences }: RecurrenceInputs,
  dy: tf.Tensor,
  { overTime, steps }: Passed,
): tf.Tensor[] {
  const [batch, time, features] = x.tensor.shape
  const weights = cell.weights(inOrder(recurrent.tensor, cell))
  const dys = sequences ? tf.unstack(dy, 1) : undefined
  const found: (readonly tf.Tensor[])[] = []
  let states: readonly (readonly tf.Tensor[])[] = Array.from({ length: cell.states }, (_, state) =>
    state === 0 && dys === undefined ? [dy] : [],
  )
  for (let t = time - 1; t >= 0; t--) {
    const own = dys === undefined ? states : [[...states[0], dys[t]], ...states.slice(1)]
    const summed = own.map(all => native.sum(all, [batch, recurrent.tensor.shape[0]]))
    const step = cell.gradient(summed, steps[t], weights)
    found.unshift(step.parts)
    states = step.states
  }
  const parts = cell.parts.map((_, part) => tf.concat(found.map(each => each[part])))
  const all = parts.length === 1 ? parts[0] : tf.concat(parts, 1)
  const gradients: tf.Tensor[] = []
  if (x.active) {
    const dx = native.product(all, inOrder(kernel.tensor, cell), 'second')
    gradients.push(tf.transpose(tf.reshape(dx, [time, batch, features]), [1, 0, 2]))
  }
  if (kernel.active) gradients.push(asGiven(native.product(overTime, all, 'first'), cell))
  if (recurrent.active) {
    const carried = cell.carried.map(name => [name, tf.concat(steps.map(kept => kept[name]))] as const)
    gradients.push(asGiven(cell.recurrentGradient(Object.fromEntries(carried), parts), cell))
  }
  if (bias?.active) gradients.push(asGiven(native.biasGradient(all), cell))
  return gradients
}

/** [N, gates · U] in the cell's parts. */
function columns(all: tf.Tensor, { parts }: Cell, units: number): tf.Tensor[] {
  return parts.length === 1
    ? [all]
    : tf.split(
        all,
        parts.map(gates => gates * units),
        1,
      )
}

/** Keras's blocks of columns in the order of the cell's. */
function inOrder(weights: tf.Tensor, { order }: Cell): tf.Tensor {
  return permuted(weights, order)
}

function asGiven(gradient: tf.Tensor, { order }: Cell): tf.Tensor {
  return permuted(
    gradient,
    order.map((_, block) => order.indexOf(block)),
  )
}

function permuted(tensor: tf.Tensor, order: readonly number[]): tf.Tensor {
  if (order.every((block, i) => block === i)) return tensor
  const axis = tensor.rank - 1
  const blocks = tf.split(tensor, order.length, axis)
  return tf.concat(
    order.map(block => blocks[block]),
    axis,
  )
}

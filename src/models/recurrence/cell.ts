import type { CellActivation, NativeKernels } from '../kernels.ts'
import { tf } from '../tf.ts'

/** Tensors of one time step that its gradient reads, by name. */
export type Kept = Readonly<Record<string, tf.Tensor>>

/** What a cell gives for one step: its states, h first, and what its gradient reads. */
export interface CellStep {
  readonly states: readonly tf.Tensor[]
  readonly kept: Kept
}

/** The gradient of one step: of each projected part, and, as tensors to be added up, of each state before it. */
export interface CellGradient {
  readonly parts: readonly tf.Tensor[]
  readonly states: readonly (readonly tf.Tensor[])[]
}

/** The arithmetic of a recurrent layer at one time step, on [B, ·]; the input's product with the kernel is none of it. */
export interface Cell {
  /** Keras's blocks of columns, in the order in which they are computed. */
  readonly order: readonly number[]
  /** Blocks of each part in which the projected input comes. */
  readonly parts: readonly number[]
  /** h, and what else goes through time. */
  readonly states: number
  /** The recurrent kernel [U, gates · U], its columns in `order`, as the steps read it. */
  weights(recurrent: tf.Tensor): readonly tf.Tensor[]
  step(parts: readonly tf.Tensor[], states: readonly tf.Tensor[], weights: readonly tf.Tensor[]): CellStep
  /** @param states gradients of the states after the step */
  gradient(states: readonly tf.Tensor[], kept: Kept, weights: readonly tf.Tensor[]): CellGradient
  /** [U, gates · U], its columns in `order`. @param all over all steps, [T · B, ·]; of `kept`, what `carried` names */
  recurrentGradient(kept: Kept, parts: readonly tf.Tensor[]): tf.Tensor
  /** Names of what the recurrent kernel is multiplied with. */
  readonly carried: readonly string[]
}

interface Activations {
  readonly activation: CellActivation
  readonly recurrentActivation: CellActivation
}

/** z, r = σ(x + h·U), c = φ(x + (r∘h)·U), h′ = c + z∘(h − c): Cho et al. 2014, reset before the product. */
export function gruCell(kernels: NativeKernels, { activation, recurrentActivation }: Activations): Cell {
  return {
    order: [0, 1, 2],
    parts: [2, 1],
    states: 1,
    carried: ['h', 'reset'],
    weights: recurrent => tf.split(recurrent, [2 * recurrent.shape[0], recurrent.shape[0]], 1),
    step([xGates, xCandidate], [h], [uGates, uCandidate]) {
      const gates = kernels.cellActivation(tf.add(kernels.product(h, uGates), xGates), recurrentActivation)
      const [update, r] = tf.split(gates, 2, 1)
      const reset = tf.mul(r, h)
      const candidate = kernels.cellActivation(
        tf.add(kernels.product(reset, uCandidate), xCandidate),
        activation,
      )
      const change = tf.sub(h, candidate)
      const next = tf.add(candidate, tf.mul(update, change))
      return { states: [next], kept: { h, gates, update, r, reset, candidate, change } }
    },
    gradient([dh], { h, gates, update, r, candidate, change }, [uGates, uCandidate]) {
      const through = tf.mul(dh, update)
      const dCandidate = kernels.cellActivationGradient(tf.sub(dh, through), candidate, activation)
      const dReset = kernels.product(dCandidate, uCandidate, 'second')
      const dGates = kernels.cellActivationGradient(
        tf.concat([tf.mul(dh, change), tf.mul(dReset, h)], 1),
        gates,
        recurrentActivation,
      )
      const dh0 = [through, tf.mul(dReset, r), kernels.product(dGates, uGates, 'second')]
      return { parts: [dGates, dCandidate], states: [dh0] }
    },
    recurrentGradient: ({ h, reset }, [dGates, dCandidate]) =>
      tf.concat([kernels.product(h, dGates, 'first'), kernels.product(reset, dCandidate, 'first')], 1),
  }
}

/** i, f, o = σ(x + h·U), g = φ(x + h·U), c′ = f∘c + i∘g, h′ = o∘φ(c′): Hochreiter & Schmidhuber 1997, Gers et al. 2000. */
export function lstmCell(kernels: NativeKernels, { activation, recurrentActivation }: Activations): Cell {
  return {
    order: [0, 1, 3, 2],
    parts: [4],
    states: 2,
    carried: ['h'],
    weights: recurrent => [recurrent],
    step([x], [h, c], [u]) {
      const [toGates, toCandidate] = splitGates(tf.add(kernels.product(h, u), x), h.shape[1] as number)
      const gates = kernels.cellActivation(toGates, recurrentActivation)
      const candidate = kernels.cellActivation(toCandidate, activation)
      const [input, forget, output] = tf.split(gates, 3, 1)
      const next = tf.add(tf.mul(forget, c), tf.mul(input, candidate))
      const shown = kernels.cellActivation(next, activation)
      const kept = { h, c, gates, input, forget, output, candidate, shown }
      return { states: [tf.mul(output, shown), next], kept }
    },
    gradient([dh, dc], { c, gates, input, forget, output, candidate, shown }, [u]) {
      const dShown = kernels.cellActivationGradient(tf.mul(dh, output), shown, activation)
      const dNext = tf.add(dShown, dc)
      const dGates = kernels.cellActivationGradient(
        tf.concat([tf.mul(dNext, candidate), tf.mul(dNext, c), tf.mul(dh, shown)], 1),
        gates,
        recurrentActivation,
      )
      const dCandidate = kernels.cellActivationGradient(tf.mul(dNext, input), candidate, activation)
      const dx = tf.concat([dGates, dCandidate], 1)
      return { parts: [dx], states: [[kernels.product(dx, u, 'second')], [tf.mul(dNext, forget)]] }
    },
    recurrentGradient: ({ h }, [dx]) => kernels.product(h, dx, 'first'),
  }
}

function splitGates(all: tf.Tensor, units: number): tf.Tensor[] {
  return tf.split(all, [3 * units, units], 1)
}

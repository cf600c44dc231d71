import type { OptimizerRoom } from './kernels/memory.ts'

/**
 * A parametric function from [rows, inputs] to [rows, outputs] that agents learn with: the built-in MLP in
 * typed arrays, a tfjs layers model through an adaptor, or the user's own.
 */
export interface Approximator {
  readonly inputs: number
  readonly outputs: number
  /** All parameters, flat; agents' optimizers write into it between calls. */
  readonly parameters: Float32Array
  /** Of the built-in ones: the parameters lie in it, so one optimizer can move them without copies. */
  readonly optimizerRoom?: OptimizerRoom | undefined
  /** [rows, inputs] row-major → [rows, outputs] row-major; remembers what `backward` needs. */
  forward(batch: Float32Array, rows: number): Float32Array
  /** ∂loss/∂outputs of the last `forward`, [rows, outputs] → ∂loss/∂parameters, as long as `parameters`. */
  backward(outputGradient: Float32Array): Float32Array
  dispose?(): void
}

/** The approximator with a constant added to every row of its outputs; parameters and gradients are its own. */
export function shifted(network: Approximator, offset: Float32Array | undefined): Approximator {
  if (offset === undefined) return network
  return {
    inputs: network.inputs,
    outputs: network.outputs,
    parameters: network.parameters,
    optimizerRoom: network.optimizerRoom,
    forward: (batch, rows) => network.forward(batch, rows).map((y, i) => y + offset[i % offset.length]),
    backward: gradient => network.backward(gradient),
    dispose: () => network.dispose?.(),
  }
}

/**
 * A parametric function from [rows, inputs] to [rows, outputs] that agents learn with: the built-in MLP in
 * typed arrays, a tfjs layers model through an adaptor, or the user's own.
 */
export interface Approximator {
  readonly inputs: number
  readonly outputs: number
  /** All parameters, flat; agents' optimizers write into it between calls. */
  readonly parameters: Float32Array
  /** [rows, inputs] row-major → [rows, outputs] row-major; remembers what `backward` needs. */
  forward(batch: Float32Array, rows: number): Float32Array
  /** ∂loss/∂outputs of the last `forward`, [rows, outputs] → ∂loss/∂parameters, as long as `parameters`. */
  backward(outputGradient: Float32Array): Float32Array
  dispose?(): void
}

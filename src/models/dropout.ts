import { sizeOf } from '../common/arrays.ts'
import type { Rng } from '../common/random.ts'
import { tf } from './tf.ts'

/** Where masks of dropout come from: 0 with probability `rate`, else 1/(1 − rate). */
export type Masks = (rate: number, shape: readonly number[]) => tf.Tensor

/** The world's own random stream: tfjs's dropout is not seeded. */
export function masksFrom(rng: Rng): Masks {
  return (rate, shape) => tf.tensor(drawMask(rng, rate, shape), [...shape])
}

export function drawMask(rng: Rng, rate: number, shape: readonly number[]): Float32Array {
  const length = sizeOf(shape)
  return Float32Array.from({ length }, () => (rng.next() < rate ? 0 : 1 / (1 - rate)))
}

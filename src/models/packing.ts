import { sizeOf } from '../common/arrays.ts'
import { tf } from './tf.ts'

/** What crosses a cut as one tensor: itself, or of several [rows, …] their rows flat, one behind the other. */
export function pack(tensors: readonly tf.Tensor[]): tf.Tensor {
  if (tensors.length === 1) return tensors[0]
  const rows = tensors[0].shape[0]
  return tf.concat(
    tensors.map(tensor => tf.reshape(tensor, [rows, -1])),
    1,
  )
}

/** Takes apart what `pack` made. @param shapes of the parts, without the rows; known where they are several */
export function unpack(
  packed: tf.Tensor,
  shapes: readonly (readonly (number | null)[])[],
): readonly tf.Tensor[] {
  if (shapes.length === 1) return [packed]
  const known = shapes.map(shape => shape.map(side => side ?? 1))
  const sizes = known.map(sizeOf)
  return tf.split(packed, sizes, 1).map((part, i) => tf.reshape(part, [packed.shape[0], ...known[i]]))
}

import { on } from './layers.ts'
import { tf } from './tf.ts'

/** Nearest upsampling by a whole factor. @param map [H, W, C] */
export function nearestUpsampled(map: tf.SymbolicTensor, factor: number, name: string): tf.SymbolicTensor {
  return factor === 1 ? map : on(tf.layers.upSampling2d({ size: [factor, factor], name }), map)
}

/**
 * Bilinear upsampling by a whole factor with half-pixel centres, as Keras's and PyTorch's, in plain layers: a mean as wide as
 * the factor over nearest ones, edges repeated. tfjs's own lies (factor − 1)/2 pixels too far up and left, and its cpu
 * engine has no gradient of it where a map isn't square.
 * @param map [H, W, C]
 */
export function bilinearUpsampled(map: tf.SymbolicTensor, factor: number, name: string): tf.SymbolicTensor {
  if (factor === 1) return map
  const margin = Math.floor(factor / 2)
  let x = nearestUpsampled(map, factor, name)
  x = edgesRepeated(x, margin, 1, `${name}_rows`)
  x = edgesRepeated(x, margin, 2, `${name}_columns`)
  x = mean(x, factor, `${name}_mean`)
  // An even number of pixels has its middle between two.
  return factor % 2 === 0 ? mean(x, 2, `${name}_between`) : x
}

function mean(x: tf.SymbolicTensor, side: number, name: string): tf.SymbolicTensor {
  return on(tf.layers.averagePooling2d({ poolSize: side, strides: 1, padding: 'valid', name }), x)
}

/** The first and the last row (axis 1) or column (axis 2) so many times more. */
function edgesRepeated(x: tf.SymbolicTensor, times: number, axis: 1 | 2, name: string): tf.SymbolicTensor {
  const rest = Number(x.shape[axis]) - 1
  const edge = (own: [number, number], side: string) => {
    const cropping: [[number, number], [number, number]] = axis === 1 ? [own, [0, 0]] : [[0, 0], own]
    const layer = tf.layers.cropping2D({ cropping, name: `${name}_${side}` })
    return new Array<tf.SymbolicTensor>(times).fill(on(layer, x))
  }
  const parts = [...edge([0, rest], 'first'), x, ...edge([rest, 0], 'last')]
  return on(tf.layers.concatenate({ axis, name }), parts)
}

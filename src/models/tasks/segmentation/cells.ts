import { IGNORED } from '../../../data/annotation.ts'

/** What is true of each cell of a map: it stands for stride · stride pixels. */
export interface Cells {
  /** [T, h, w, C]: shares of its pixels that are of each class; less than 1 in sum where nothing is known of some. */
  readonly shares: Float32Array
  /** Sum of all shares: what is known, in cells. */
  readonly known: number
}

/** @param masks of each frame [H·W], or undefined where nothing is known of one */
export function cellsOf(
  masks: readonly (Uint8Array | undefined)[],
  [height, width]: readonly [number, number],
  stride: number,
  classes: number,
): Cells {
  const [rows, columns] = [height / stride, width / stride]
  const shares = new Float32Array(masks.length * rows * columns * classes)
  const pixel = 1 / stride ** 2
  let pixels = 0
  masks.forEach((mask, frame) => {
    if (mask === undefined) return
    for (let y = 0; y < height; y++) {
      const row = (frame * rows + Math.floor(y / stride)) * columns
      for (let x = 0; x < width; x++) {
        const value = mask[y * width + x]
        if (value === IGNORED) continue
        shares[(row + Math.floor(x / stride)) * classes + value] += pixel
        pixels++
      }
    }
  })
  return { shares, known: pixels * pixel }
}

/**
 * The most likely class of each pixel [H·W], from a map's logits [h, w, C] brought to its size bilinearly, as
 * `tf.image.resizeBilinear` with half-pixel centres does.
 */
export function classesOfPixels(
  logits: Float32Array,
  [height, width]: readonly [number, number],
  stride: number,
  classes: number,
): Uint8Array {
  const [rows, columns] = [height / stride, width / stride]
  const result = new Uint8Array(height * width)
  const across = Array.from({ length: width }, (_, x) => between(x, stride, columns))
  for (let y = 0; y < height; y++) {
    const vertical = between(y, stride, rows)
    for (let x = 0; x < width; x++) {
      const horizontal = across[x]
      const at = (row: number, column: number) => (row * columns + column) * classes
      const [a, b] = [at(vertical.low, horizontal.low), at(vertical.low, horizontal.high)]
      const [c, d] = [at(vertical.high, horizontal.low), at(vertical.high, horizontal.high)]
      let best = 0
      let most = Number.NEGATIVE_INFINITY
      for (let k = 0; k < classes; k++) {
        const top = logits[a + k] + (logits[b + k] - logits[a + k]) * horizontal.share
        const bottom = logits[c + k] + (logits[d + k] - logits[c + k]) * horizontal.share
        const value = top + (bottom - top) * vertical.share
        if (value <= most) continue
        most = value
        best = k
      }
      result[y * width + x] = best
    }
  }
  return result
}

/** The two cells whose middles a pixel's middle lies between, and how near it is to the second. */
function between(pixel: number, stride: number, cells: number) {
  const at = Math.min(cells - 1, Math.max(0, (pixel + 0.5) / stride - 0.5))
  const low = Math.floor(at)
  return { low, high: Math.min(cells - 1, low + 1), share: at - low }
}

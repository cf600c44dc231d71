import type { Frame } from '../../common/canvas.ts'

/** Of a picture in a report: what is longer is shrunk to it. Pixels. */
const LONGEST = 224
/** What is smaller is enlarged by a whole number, so that text can be read on it. */
const LEAST = 128

/** RGB, of a size that suits a page. @param pixels uint8 [height, width, channels], 1 (grey) or 3 */
export function atReportSize(
  pixels: Uint8Array,
  [height, width, channels]: readonly [height: number, width: number, channels: 1 | 3],
): Frame {
  const longest = Math.max(height, width)
  const scale = longest > LONGEST ? LONGEST / longest : Math.max(1, Math.round(LEAST / longest))
  const size = {
    height: Math.max(1, Math.round(height * scale)),
    width: Math.max(1, Math.round(width * scale)),
  }
  const out = new Uint8Array(size.height * size.width * 3)
  for (let y = 0; y < size.height; y++) {
    const [top, bottom] = covered(y, size.height, height)
    for (let x = 0; x < size.width; x++) {
      const [left, right] = covered(x, size.width, width)
      const at = (y * size.width + x) * 3
      for (let channel = 0; channel < 3; channel++) {
        const own = channels === 3 ? channel : 0
        let sum = 0
        for (let row = top; row < bottom; row++)
          for (let column = left; column < right; column++)
            sum += pixels[(row * width + column) * channels + own]
        out[at + channel] = Math.round(sum / ((bottom - top) * (right - left)))
      }
    }
  }
  return { ...size, pixels: out }
}

/** Pixels of the source, from and before which, that lie under one of the result. */
function covered(at: number, length: number, source: number): readonly [from: number, before: number] {
  const from = Math.floor((at * source) / length)
  return [from, Math.max(from + 1, Math.floor(((at + 1) * source) / length))]
}

import { deflateSync } from 'node:zlib'

/**
 * A PNG of 8 bits a channel (W3C, PNG Specification, third edition); each row by the filter that leaves least.
 * @param pixels uint8 [H, W, C], C 1 (grey) or 3 (RGB)
 */
export function encodePng(
  pixels: Uint8Array,
  [height, width, channels]: readonly [height: number, width: number, channels: 1 | 3],
): Buffer {
  const row = width * channels
  const raw = Buffer.alloc(height * (row + 1))
  for (let y = 0; y < height; y++) {
    const own = pixels.subarray(y * row, (y + 1) * row)
    const above = y === 0 ? undefined : pixels.subarray((y - 1) * row, y * row)
    raw.set(filtered(own, above, channels), y * (row + 1))
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, channels === 1 ? 0 : 2], 8)
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(raw)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

export function pngDataUri(...image: Parameters<typeof encodePng>): string {
  return `data:image/png;base64,${encodePng(...image).toString('base64')}`
}

/** How a byte is foretold, from the one to the left, the one above, and that one's left: by PNG's number. */
const FILTERS: readonly ((left: number, up: number, corner: number) => number)[] = [
  () => 0,
  left => left,
  (_, up) => up,
  (left, up) => (left + up) >> 1,
  paeth,
]

/** A row as its filter leaves it, that filter's number first: the one of the least sum of absolute differences. */
function filtered(row: Uint8Array, above: Uint8Array | undefined, distance: number): Uint8Array {
  let best = new Uint8Array(0)
  let least = Number.POSITIVE_INFINITY
  for (const [number, foretold] of FILTERS.entries()) {
    const line = new Uint8Array(row.length + 1)
    line[0] = number
    let sum = 0
    for (let i = 0; i < row.length; i++) {
      const left = i < distance ? 0 : row[i - distance]
      const corner = i < distance ? 0 : (above?.[i - distance] ?? 0)
      const rest = (row[i] - foretold(left, above?.[i] ?? 0, corner)) & 255
      line[i + 1] = rest
      sum += rest < 128 ? rest : 256 - rest
    }
    if (sum >= least) continue
    best = line
    least = sum
  }
  return best
}

/** Of left, up and corner the one nearest to left + up − corner. */
export function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const toLeft = Math.abs(guess - left)
  const toUp = Math.abs(guess - up)
  const toCorner = Math.abs(guess - corner)
  if (toLeft <= toUp && toLeft <= toCorner) return left
  return toUp <= toCorner ? up : corner
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const whole = Buffer.alloc(body.length + 8)
  whole.writeUInt32BE(data.length, 0)
  whole.set(body, 4)
  whole.writeUInt32BE(crc32(body), body.length + 4)
  return whole
}

/** Of node:zlib from Node 20.15 on; earlier ones have none. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

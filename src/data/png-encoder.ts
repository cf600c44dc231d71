import { deflateSync } from 'node:zlib'

/**
 * A PNG of 8 bits a channel (W3C, PNG Specification, third edition), without filters.
 * @param pixels uint8 [H, W, C], C 1 (grey) or 3 (RGB)
 */
export function encodePng(
  pixels: Uint8Array,
  [height, width, channels]: readonly [height: number, width: number, channels: 1 | 3],
): Buffer {
  const row = width * channels
  // Each row begins with its filter: 0, none.
  const raw = Buffer.alloc(height * (row + 1))
  for (let y = 0; y < height; y++) raw.set(pixels.subarray(y * row, (y + 1) * row), y * (row + 1) + 1)
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

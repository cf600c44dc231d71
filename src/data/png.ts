import { inflateSync } from 'node:zlib'
import { MOST_PIXELS } from './media-file.ts'
import { paeth } from './png-encoder.ts'

/** A picture's numbers as its file holds them: no palette looked up, no colours managed. */
export interface PngSamples {
  readonly height: number
  readonly width: number
  /** 1: grey or a palette's index; 3: red, green, blue. Transparency is left out. */
  readonly channels: 1 | 3
  /** [height, width, channels]; unscaled, so 0..15 where 4 bits are stored. */
  readonly samples: Uint16Array
  /** 0xrrggbb by index. */
  readonly palette?: readonly number[]
}

interface Header {
  readonly height: number
  readonly width: number
  readonly depth: number
  readonly colour: number
  readonly interlaced: boolean
}

const SIGNATURE = '89504e470d0a1a0a'
/** Samples a pixel by PNG's colour type. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
/** Adam7: first column and row of each pass, and how far apart its pixels are. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const
const WHOLE = [[0, 0, 1, 1]] as const

/** Size of a PNG by its header; undefined where the bytes aren't one. */
export function pngSize(bytes: Buffer): readonly [height: number, width: number] | undefined {
  if (bytes.length < 33 || bytes.toString('hex', 0, 8) !== SIGNATURE) return undefined
  return [bytes.readUInt32BE(20), bytes.readUInt32BE(16)]
}

/** @throws Error that says what is wrong with the bytes */
export function readPng(bytes: Buffer): PngSamples {
  if (pngSize(bytes) === undefined) throw new Error('it is no PNG')
  const { header, palette, data } = chunksOf(bytes)
  const { height, width, depth, colour, interlaced } = header
  const perPixel = SAMPLES[colour]
  if (perPixel === undefined || ![1, 2, 4, 8, 16].includes(depth))
    throw new Error(`its colour type is ${colour} with ${depth} bits, which PNG doesn't have`)
  if (height * width > MOST_PIXELS)
    throw new Error(`it claims ${width} × ${height} pixels: at most ${MOST_PIXELS} are read`)
  const channels = perPixel > 2 ? 3 : 1
  const samples = new Uint16Array(height * width * channels)
  const passes = interlaced ? PASSES : WHOLE
  const sizes = passes.map(([x, y, stepX, stepY]) => ({
    columns: Math.max(0, Math.ceil((width - x) / stepX)),
    rows: Math.max(0, Math.ceil((height - y) / stepY)),
  }))
  const lengthOf = (columns: number) => Math.ceil((columns * perPixel * depth) / 8)
  const needed = sizes.reduce((sum, { columns, rows }) => sum + rows * (columns && 1 + lengthOf(columns)), 0)
  const raw = inflateSync(data, { maxOutputLength: Math.max(1, needed) })
  if (raw.length < needed) throw new Error('its pixels are cut short')
  let at = 0
  for (const [i, [x, y, stepX, stepY]] of passes.entries()) {
    const { columns, rows } = sizes[i]
    if (columns === 0) continue
    const length = lengthOf(columns)
    let above = new Uint8Array(length)
    for (let row = 0; row < rows; row++) {
      const line = raw.subarray(at + 1, at + 1 + length)
      unfilter(raw[at], line, above, Math.max(1, (perPixel * depth) >> 3))
      above = line
      at += 1 + length
      const start = ((y + row * stepY) * width + x) * channels
      unpack(line, depth, perPixel, columns, samples, start, stepX * channels, channels)
    }
  }
  return { height, width, channels, samples, palette: colour === 3 ? palette : undefined }
}

function chunksOf(bytes: Buffer): { header: Header; palette: number[]; data: Buffer } {
  const data: Buffer[] = []
  const palette: number[] = []
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const name = bytes.toString('latin1', at + 4, at + 8)
    const content = bytes.subarray(at + 8, at + 8 + length)
    if (content.length < length) break
    if (name === 'IDAT') data.push(content)
    if (name === 'PLTE') for (let i = 0; i + 3 <= length; i += 3) palette.push(content.readUIntBE(i, 3))
    at += 12 + length
  }
  if (data.length === 0) throw new Error('it holds no pixels')
  const header = {
    height: bytes.readUInt32BE(20),
    width: bytes.readUInt32BE(16),
    depth: bytes[24],
    colour: bytes[25],
    interlaced: bytes[28] === 1,
  }
  return { header, palette, data: Buffer.concat(data) }
}

/** Undoes a line's filter in place. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, distance: number): void {
  if (filter === 0) return
  if (filter > 4) throw new Error(`a line has filter ${filter}, which PNG doesn't have`)
  for (let i = 0; i < line.length; i++) {
    const left = i < distance ? 0 : line[i - distance]
    const up = above[i]
    if (filter === 1) line[i] += left
    else if (filter === 2) line[i] += up
    else if (filter === 3) line[i] += (left + up) >> 1
    else line[i] += paeth(left, up, i < distance ? 0 : above[i - distance])
  }
}

/** Puts a line's pixels where they belong. */
function unpack(
  line: Uint8Array,
  depth: number,
  perPixel: number,
  columns: number,
  samples: Uint16Array,
  start: number,
  step: number,
  channels: number,
): void {
  if (depth === 8 && perPixel === 1 && step === 1) {
    samples.set(line.subarray(0, columns), start)
    return
  }
  const mask = (1 << depth) - 1
  for (let column = 0; column < columns; column++) {
    for (let channel = 0; channel < channels; channel++) {
      const index = column * perPixel + channel
      const bit = index * depth
      let value = line[bit >> 3]
      if (depth === 16) value = (value << 8) | line[(bit >> 3) + 1]
      else if (depth < 8) value = (value >> (8 - depth - (bit & 7))) & mask
      samples[start + column * step + channel] = value
    }
  }
}

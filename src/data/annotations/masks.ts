import { readFileSync } from 'node:fs'
import { inputError, messageOf } from '../../common/error.ts'
import { readRegularFile } from '../../common/regular-file.ts'
import { type ClassMask, IGNORED, type Legend } from '../annotation.ts'
import type { Size } from '../geometry.ts'
import { inParallel } from '../parallel.ts'
import { type PngSamples, pngSize, readPng } from '../png.ts'
import { type Classes, classesOfValues, hexadecimal } from './legend.ts'

/** A clip's mask as a manifest names it. */
export interface NamedMask {
  readonly where: string
  /** Absolute. */
  readonly path: string
  /** Of the clip that it belongs to. */
  readonly size: Size
}

/** Larger files are no masks. Bytes. */
const LARGEST = 256 * 2 ** 20
const AT_ONCE = 4

/**
 * Reads every mask once, to see that it fits its clip and holds listed values alone.
 * @param classes what classes.csv says; without it grey values and indices are classes of their own
 */
export async function checkMasks(
  masks: readonly NamedMask[],
  classes: Classes | undefined,
  signal?: AbortSignal,
): Promise<{ readonly names: readonly string[]; readonly masks: readonly ClassMask[] }> {
  const histograms = await inParallel(masks, mask => histogramOf(mask, classes), { limit: AT_ONCE, signal })
  const used = classes ?? classesOfValues(new Set(histograms.flatMap(counts => [...counts.keys()])))
  const { names, legend } = used
  return {
    names,
    masks: masks.map(({ path }, i) => {
      const counts = new Array<number>(names.length).fill(0)
      for (const [value, count] of histograms[i]) {
        // Without a list each value is its own name; with one, values are classes already.
        const place = classes === undefined ? legend.indices?.get(value) : value
        if (place !== undefined && place !== IGNORED) counts[place] += count
      }
      return { path, legend, counts }
    }),
  }
}

/**
 * Class of every pixel, [H·W], row by row.
 * @throws input error for a file that is no PNG or holds another value
 */
export function readMask({ path, legend }: ClassMask): Uint8Array {
  return decode(path, readFileSync(path), { names: [], legend })
}

/** Pixels by class, or by value where nothing is listed. */
async function histogramOf(
  { where, path, size }: NamedMask,
  classes: Classes | undefined,
): Promise<ReadonlyMap<number, number>> {
  const bytes = await bytesOf(path, where)
  const own = pngSize(bytes)
  if (own !== undefined && (own[0] !== size[0] || own[1] !== size[1]))
    throw inputError(
      'data.mask-size',
      `${where}: the mask ${path} is ${own[1]} wide and ${own[0]} high, and its picture ${size[1]} and ${size[0]}: they must be of one size`,
    )
  const counts = new Uint32Array(256)
  for (const value of decode(path, bytes, classes)) counts[value]++
  return new Map([...counts].map((count, value) => [value, count] as const).filter(([, count]) => count > 0))
}

async function bytesOf(path: string, where: string): Promise<Buffer> {
  const bytes = await readRegularFile(path, { most: LARGEST }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
      throw inputError('data.mask', `${where}: there is no mask at ${path}`)
    throw inputError('data.mask', `${where}: the mask ${path} can't be read: ${messageOf(error)}`, {
      cause: error,
    })
  })
  if (pngSize(bytes) === undefined)
    throw inputError(
      'data.mask',
      `${where}: the mask ${path} is no PNG: other formats don't keep values exactly`,
    )
  return bytes
}

function decode(path: string, bytes: Buffer, classes: Classes | undefined): Uint8Array {
  let png: PngSamples
  try {
    png = readPng(bytes)
  } catch (error) {
    throw inputError('data.mask', `the mask ${path} can't be read: ${messageOf(error)}`, { cause: error })
  }
  const { legend, file } = classes ?? {}
  const reader = readerOf(png, legend, path)
  const result = new Uint8Array(png.height * png.width)
  // Neighbours are mostly of one class.
  let before = -1
  let place = -1
  for (let pixel = 0; pixel < result.length; pixel++) {
    const value = reader.value(pixel)
    if (value !== before) {
      before = value
      place = (reader.classes === undefined ? value : reader.classes.get(value)) ?? -1
      if (place < 0 || place > IGNORED) throw unlisted(path, reader, value, pixel, png.width, file)
    }
    result[pixel] = place
  }
  return result
}

/** How a picture's pixels are looked up: by number or by colour. */
interface Reader {
  readonly by: 'index' | 'colour'
  /** Undefined: numbers stand for themselves. */
  readonly classes?: ReadonlyMap<number, number>
  value(pixel: number): number
}

function readerOf(
  { channels, samples, palette, width }: PngSamples,
  legend: Legend | undefined,
  path: string,
): Reader {
  const { indices, colours } = legend ?? {}
  if (channels === 1) {
    if (indices !== undefined || colours === undefined)
      return { by: 'index', classes: indices, value: pixel => samples[pixel] }
    const colour = (value: number) => palette?.[value] ?? value * 0x010101
    return { by: 'colour', classes: colours, value: pixel => colour(samples[pixel]) }
  }
  const rgb = (pixel: number) =>
    samples[pixel * 3] * 65536 + samples[pixel * 3 + 1] * 256 + samples[pixel * 3 + 2]
  if (colours !== undefined) return { by: 'colour', classes: colours, value: rgb }
  for (let i = 0; i < samples.length; i += 3)
    if (samples[i] !== samples[i + 1] || samples[i] !== samples[i + 2]) {
      const pixel = i / 3
      throw inputError(
        'data.mask',
        `the mask ${path} is coloured, as ${hexadecimal(rgb(pixel))} at x ${pixel % width}, y ${Math.floor(pixel / width)}: say in classes.csv (name,color) what its colours stand for`,
      )
    }
  return { by: 'index', classes: indices, value: pixel => samples[pixel * 3] }
}

function unlisted(
  path: string,
  { by, classes = new Map() }: Reader,
  value: number,
  pixel: number,
  width: number,
  file = 'a mask of classes',
) {
  const show = (key: number) => (by === 'colour' ? hexadecimal(key) : String(key))
  const listed = [...classes.keys()].map(show)
  const allowed = listed.length === 0 ? '0 to 255' : listed.slice(0, 12).join(', ')
  const more = listed.length > 12 ? `, and ${listed.length - 12} more` : ''
  return inputError(
    'data.mask-value',
    `${path}: the pixel at x ${pixel % width}, y ${Math.floor(pixel / width)} is ${show(value)}, and ${file} has ${allowed}${more}`,
  )
}

import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { inputError, type LayergymError, messageOf } from '../common/error.ts'
import { withRegularFile } from '../common/regular-file.ts'
import type { tf } from './tf.ts'

/** A group of weights, and the files that hold their bytes one after the other. */
export interface WeightGroup {
  readonly paths: readonly string[]
  readonly weights: readonly tf.io.WeightsManifestEntry[]
}

/** More than any network that is fine-tuned here: 2 GB of float32. */
export const MOST_PARAMETERS = 2 ** 29

const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  float16: 2,
  uint16: 2,
  uint8: 1,
  bool: 1,
  complex64: 8,
}

interface Shard {
  readonly name: string
  readonly file: string
  readonly bytes: number
}

/**
 * The bytes of all weights. Before one is read, every file is a regular one inside the model's folder, and the files of
 * a group have the bytes that the manifest says.
 * @param path the model's json file
 * @throws input error
 */
export async function readWeights(path: string, groups: readonly WeightGroup[]): Promise<ArrayBuffer> {
  checkNumber(path, groups)
  checkNames(path, groups)
  const shards: Shard[] = []
  for (const group of groups) {
    const own = await Promise.all(group.paths.map(name => shardOf(path, name)))
    checkSize(path, group, own)
    shards.push(...own)
  }
  const all = new Uint8Array(shards.reduce((sum, { bytes }) => sum + bytes, 0))
  let offset = 0
  for (const shard of shards) {
    await fill(path, shard, all.subarray(offset, offset + shard.bytes))
    offset += shard.bytes
  }
  checkNumbers(path, groups, all)
  return all.buffer
}

function checkNumber(path: string, groups: readonly WeightGroup[]): void {
  const count = parametersOf(groups.flatMap(({ weights }) => weights))
  if (count <= MOST_PARAMETERS) return
  throw inputError(
    'model.too-large',
    `${path}: its manifest names ${Number.isNaN(count) ? 'weights without a shape' : `${count} parameters`}: at most ${MOST_PARAMETERS} are loaded`,
  )
}

function checkNames(path: string, groups: readonly WeightGroup[]): void {
  const names = groups.flatMap(({ weights }) => weights.map(({ name }): unknown => name))
  const odd = names.filter(name => typeof name !== 'string')
  if (odd.length > 0)
    throw inputError(
      'model.weights',
      `${path}: its manifest calls a weight ${JSON.stringify(odd[0])}, and names are texts`,
    )
  const repeated = [...names].sort().find((name, i, sorted) => name === sorted[i + 1])
  if (repeated !== undefined)
    throw inputError('model.weights', `${path}: its manifest names the weight '${repeated}' twice`)
}

/** @throws input error that names the first weight with a value that is no number: such a network says nothing */
function checkNumbers(path: string, groups: readonly WeightGroup[], all: Uint8Array): void {
  const view = new DataView(all.buffer)
  let at = 0
  for (const { name, shape, dtype, quantization } of groups.flatMap(({ weights }) => weights)) {
    const stored = quantization?.dtype ?? dtype
    const size = BYTES[stored] * sizeOf(shape)
    const { scale = 0, min = 0 } = (quantization ?? {}) as { readonly scale?: number; readonly min?: number }
    if (!Number.isFinite(scale + min) || !allNumbers(view, at, size, stored))
      throw inputError(
        'model.not-finite',
        `${path}: the weight '${name}' holds values that are no finite numbers (NaN or infinite): take a model from before it diverged`,
      )
    at += size
  }
}

function allNumbers(view: DataView, from: number, bytes: number, dtype: string): boolean {
  if (dtype === 'float32') {
    for (let at = from; at < from + bytes; at += 4)
      if (!Number.isFinite(view.getFloat32(at, true))) return false
  } else if (dtype === 'float16') {
    // All bits of the exponent are set in what is infinite or no number.
    for (let at = from; at < from + bytes; at += 2)
      if ((view.getUint16(at, true) & 0x7c00) === 0x7c00) return false
  }
  return true
}

/** NaN where a shape is none. */
export function parametersOf(weights: readonly tf.io.WeightsManifestEntry[]): number {
  return weights.reduce(
    (sum, weight: Partial<tf.io.WeightsManifestEntry> | null) => sum + sizeOf(weight?.shape),
    0,
  )
}

function sizeOf(shape: unknown): number {
  const whole = Array.isArray(shape) && shape.every(side => Number.isSafeInteger(side) && side >= 0)
  return whole ? shape.reduce((product: number, side: number) => product * side, 1) : Number.NaN
}

async function shardOf(path: string, name: unknown): Promise<Shard> {
  const folder = dirname(path)
  if (typeof name !== 'string' || isAbsolute(name) || !isWithin(folder, resolve(folder, name)))
    throw outside(path, name)
  const file = await realpath(resolve(folder, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') throw missing(path, name)
    throw unreadable(path, name, error)
  })
  if (!isWithin(await realpath(folder), file)) throw outside(path, name)
  const bytes = await withRegularFile(file, async (_, size) => size).catch(error => {
    throw unreadable(path, name, error)
  })
  return { name, file, bytes }
}

function isWithin(folder: string, file: string): boolean {
  const way = relative(folder, file)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

function checkSize(path: string, { weights }: WeightGroup, shards: readonly Shard[]): void {
  const given = shards.reduce((sum, { bytes }) => sum + bytes, 0)
  const needed = weights.reduce(
    (sum, { shape, dtype, quantization }) =>
      sum + (BYTES[quantization?.dtype ?? dtype] ?? Number.NaN) * sizeOf(shape),
    0,
  )
  if (given === needed) return
  if (Number.isNaN(needed))
    throw inputError('model.weights', `${path}: its manifest has weights of a type or shape that tfjs hasn't`)
  const why =
    given < needed
      ? 'a file is cut short, copy it again'
      : 'a file is of another model, copy all of them again'
  throw inputError(
    'model.weights-size',
    `${path}: its weight files hold ${given} bytes, its manifest needs ${needed}: ${why}`,
  )
}

async function fill(path: string, { name, file, bytes }: Shard, into: Uint8Array): Promise<void> {
  const read = await withRegularFile(file, async handle => {
    let at = 0
    while (at < bytes) {
      const { bytesRead } = await handle.read(into, at, bytes - at, at)
      if (bytesRead === 0) break
      at += bytesRead
    }
    return at
  }).catch(error => {
    throw unreadable(path, name, error)
  })
  if (read < bytes) throw unreadable(path, name, new Error('it became shorter while it was read'))
}

function outside(path: string, name: unknown): LayergymError {
  return inputError(
    'model.shard-outside',
    `${path} names the weight file ${JSON.stringify(name)}, and weights are read from the model's own folder alone: copy the file there (cp -L where it is a link)`,
  )
}

function missing(path: string, name: string): LayergymError {
  return inputError(
    'model.missing-shard',
    `${path} needs the weight file ${name}, which is missing from ${dirname(path)}: copy all of the model's files`,
  )
}

function unreadable(path: string, name: string, error: unknown): LayergymError {
  return inputError('model.shard', `${path}: its weight file ${name} can't be read: ${messageOf(error)}`, {
    cause: error,
  })
}

import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Frames } from './frames.ts'

/** Changes whenever the layout below or the meaning of its content does. */
export const CACHE_FORMAT = 3

/** What a cache file's pixels were made of; it stands inside the file too, since a name alone can be wrong. */
export interface Origin {
  /** SHA-256 of the clip's file. */
  readonly content: string
  /** How it was decoded, as JSON: container, piece, size, fit, channels, rate. */
  readonly recipe: string
}

/** A cache file that is open for reading frames: where they lie in it. */
export interface CacheEntry {
  readonly path: string
  /** [T, H, W, C] */
  readonly shape: Frames['shape']
  readonly times: Float64Array
  /** The file's first bytes, up to the times: what tells it from any other clip's. */
  readonly head: Buffer
  /** Position of the first pixel in the file. */
  readonly offset: number
  /** Size of the whole file. */
  readonly bytes: number
}

/** Layout: magic, length of the header (uint32), header (JSON), times (float64), pixels (uint8); little-endian. */
const MAGIC = 'LGCLIP\r\n'
const PREFIX = MAGIC.length + 4
const CHUNK = 4 * 2 ** 20

interface Header extends Origin {
  readonly shape: Frames['shape']
  /** SHA-256 of times and pixels. */
  readonly sha256: string
}

/**
 * Writes frames whole or not at all: into `folder`, which must be on the target's disk, fsync, rename. The temporary
 * name is random and taken exclusively: process numbers repeat, in containers that share a disk for example.
 */
export async function writeCacheFile(
  path: string,
  folder: string,
  clip: Frames,
  origin: Origin,
): Promise<CacheEntry> {
  const times = Buffer.from(clip.times.buffer, clip.times.byteOffset, clip.times.byteLength)
  const header: Header = {
    ...origin,
    shape: clip.shape,
    sha256: createHash('sha256').update(times).update(clip.frames).digest('hex'),
  }
  const json = Buffer.from(JSON.stringify(header))
  const prefix = Buffer.alloc(PREFIX)
  prefix.write(MAGIC, 'latin1')
  prefix.writeUInt32LE(json.length, MAGIC.length)
  const head = Buffer.concat([prefix, json])
  const temporary = join(folder, randomUUID())
  await mkdir(folder, { recursive: true })
  try {
    const file = await open(temporary, 'wx')
    try {
      for (const part of [head, times, clip.frames]) await file.writeFile(part)
      await file.sync()
    } finally {
      await file.close()
    }
    await mkdir(dirname(path), { recursive: true })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  const offset = head.length + times.length
  return { path, shape: clip.shape, times: clip.times, head, offset, bytes: offset + clip.frames.length }
}

/**
 * Reads and checks a cache file: the entry, `missing`, or `damaged` when it is cut short, its bytes have changed, or
 * they are of another origin.
 */
export async function openCacheFile(
  path: string,
  origin: Origin,
): Promise<CacheEntry | 'missing' | 'damaged'> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing'
    throw error
  }
  try {
    return (await check(file, path, origin)) ?? 'damaged'
  } finally {
    await file.close()
  }
}

async function check(file: FileHandle, path: string, origin: Origin): Promise<CacheEntry | undefined> {
  const { size: bytes } = await file.stat()
  const prefix = await readAt(file, 0, PREFIX)
  if (prefix?.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined
  const headerLength = prefix.readUInt32LE(MAGIC.length)
  if (PREFIX + headerLength > bytes) return undefined
  const json = await readAt(file, PREFIX, headerLength)
  const header = parseHeader(json)
  if (json === undefined || header === undefined) return undefined
  if (header.content !== origin.content || header.recipe !== origin.recipe) return undefined
  const [frames, height, width, channels] = header.shape
  const start = PREFIX + headerLength
  const offset = start + frames * Float64Array.BYTES_PER_ELEMENT
  if (offset + frames * height * width * channels !== bytes) return undefined

  const hash = createHash('sha256')
  const times = await readAt(file, start, offset - start)
  if (times === undefined) return undefined
  hash.update(times)
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, bytes - offset))
  for (let position = offset; position < bytes; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, bytes - position), position)
    if (bytesRead === 0) return undefined
    hash.update(buffer.subarray(0, bytesRead))
    position += bytesRead
  }
  if (hash.digest('hex') !== header.sha256) return undefined
  const head = Buffer.concat([prefix, json])
  return {
    path,
    shape: header.shape,
    times: new Float64Array(Uint8Array.from(times).buffer),
    head,
    offset,
    bytes,
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer | undefined> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  return bytesRead === length ? buffer : undefined
}

function parseHeader(json: Buffer | undefined): Header | undefined {
  try {
    const header: unknown = JSON.parse(String(json))
    const { shape, sha256, content, recipe } = header as Header
    const whole = shape.length === 4 && shape.every(side => Number.isSafeInteger(side) && side > 0)
    return whole && typeof sha256 === 'string' ? { shape, sha256, content, recipe } : undefined
  } catch {
    return undefined
  }
}

import { createHash, randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { open, readdir, rm, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { failure, interrupted, LayergymError, messageOf } from '../common/error.ts'
import { tryWriting } from '../common/writable.ts'
import { CACHE_FORMAT, type CacheEntry, type Origin, openCacheFile, writeCacheFile } from './cache-file.ts'
import { adviseOnCodec, findCodecs } from './codecs.ts'
import type { Clip } from './dataset.ts'
import { contentHash } from './fingerprint.ts'
import { openInput } from './media-file.ts'
import type { InputFrames } from './truth.ts'
import { decodeVideo, type Fit } from './video.ts'

export interface ClipCacheOptions {
  /** Shared by all runs and datasets; made where it is missing. */
  readonly dir: string
  readonly size: readonly [height: number, width: number]
  readonly channels: 1 | 3
  readonly fit: Fit
  /** Frames a second that every clip is brought to. */
  readonly frameRate: number
  /** Milliseconds since 1970; with it, what killed processes left half-written is removed after an hour. */
  readonly clock?: () => number
  /** Takes a line about something mended, e.g. a damaged file that was rebuilt. */
  readonly onNotice?: (line: string) => void
}

export interface PrepareOptions {
  readonly onProgress?: (progress: { done: number; total: number; clip: Clip }) => void
  readonly signal?: AbortSignal
  /** Clips that decode at once; the number of cores when omitted. */
  readonly concurrency?: number
  /** Leave out clips that do not decode, instead of throwing. */
  readonly skipBroken?: boolean
}

export interface SkippedClip {
  readonly clip: Clip
  readonly reason: string
}

const ABANDONED = 3_600_000

/** Opens the cache of decoded clips in `dir`; nothing is read or written before `prepare`. */
export function openClipCache(options: ClipCacheOptions): ClipCache {
  return new ClipCache(options)
}

/**
 * Decoded clips on disk, uint8 [T, H, W, C] with all frames at one rate. A file's name is a hash of the clip's
 * content and of how it was decoded, so nothing in here goes stale; both stand in the file as well, and are compared
 * whenever it is opened. Any number of processes may share a folder.
 */
export class ClipCache {
  private readonly entries = new Map<string, CacheEntry>()
  private begun: Promise<void> | undefined
  /** By folder within it: whether it can be written. */
  private readonly tried = new Map<string, Promise<void>>()

  constructor(private readonly options: ClipCacheOptions) {}

  /** [H, W, C] of every frame. */
  get frameShape(): readonly [height: number, width: number, channels: number] {
    return [...this.options.size, this.options.channels]
  }

  /** What every clip is brought to. */
  get frames(): InputFrames {
    const { size, fit, frameRate } = this.options
    return { size, fit, frameRate }
  }

  /**
   * Decodes the clips that are not in the cache yet, and checks those that are; a damaged cache file is rebuilt.
   * @throws LayergymError for a broken clip (unless skipped; see `decodeVideo`), `cache.full`, `cache.unwritable`.
   */
  async prepare(clips: readonly Clip[], options: PrepareOptions = {}): Promise<{ skipped: SkippedClip[] }> {
    const { onProgress, signal, concurrency = availableParallelism(), skipBroken = false } = options
    await this.removeAbandoned()
    const skipped: SkippedClip[] = []
    const stop = new AbortController()
    const abort = () => stop.abort()
    if (signal?.aborted) throw interrupted()
    signal?.addEventListener('abort', abort, { once: true })
    const queue = clips.values()
    let done = 0
    const work = async () => {
      for (const clip of queue) {
        if (stop.signal.aborted) throw interrupted()
        try {
          await this.prepareClip(clip, concurrency > 1 ? 1 : undefined, stop.signal)
        } catch (error) {
          if (!(skipBroken && isBroken(error))) {
            stop.abort() // the other decoders
            throw error
          }
          skipped.push({ clip, reason: messageOf(error) })
        }
        onProgress?.({ done: ++done, total: clips.length, clip })
      }
    }
    const results = await Promise.allSettled(Array.from({ length: Math.max(1, concurrency) }, work))
    signal?.removeEventListener('abort', abort)
    const errors = results.filter(result => result.status === 'rejected').map(result => result.reason)
    // The others were interrupted because of the first.
    if (errors.length > 0) throw errors.find(error => error.kind !== 'interrupted') ?? errors[0]
    return { skipped }
  }

  /** Presentation times of a prepared clip's frames, seconds. */
  times(clip: Clip): Float64Array {
    return this.entry(clip).times
  }

  /** Reads frames `indices` of a prepared clip, one after the other, into `into` from position `offset` on. */
  read(clip: Clip, indices: readonly number[], into: Uint8Array, offset: number): void {
    const { path, shape, head, offset: pixels } = this.entry(clip)
    const size = shape[1] * shape[2] * shape[3]
    let file: number | undefined
    try {
      file = openSync(path, 'r')
      const found = Buffer.alloc(head.length)
      readSync(file, found, 0, head.length, 0)
      if (!found.equals(head)) throw new Error(`the file is not that of ${clip.id} any more`)
      for (const [i, index] of indices.entries()) {
        if (!(index >= 0 && index < shape[0])) throw new RangeError(`frame ${index} of ${shape[0]}`)
        const bytes = readSync(file, into, offset + i * size, size, pixels + index * size)
        if (bytes < size) throw new Error('the file is cut short')
      }
    } catch (error) {
      const advice = 'run again: damaged cache files are rebuilt at the start'
      throw failure('cache.unreadable', `cache file ${path}: ${messageOf(error)}; ${advice}`, {
        cause: error,
      })
    } finally {
      if (file !== undefined) closeSync(file)
    }
  }

  close(): void {
    this.entries.clear()
  }

  private entry(clip: Clip): CacheEntry {
    const entry = this.entries.get(identity(clip))
    if (entry === undefined) throw new Error(`clip ${clip.id} was not prepared`)
    return entry
  }

  private async prepareClip(clip: Clip, threads: number | undefined, signal: AbortSignal): Promise<void> {
    const { container } = await openInput(clip.path)
    const origin = this.originOf(clip, await contentHash(clip.path), container.name)
    const path = this.fileFor(origin)
    const known = this.entries.get(identity(clip))
    if (known?.path === path && (await sizeOf(path)) === known.bytes) return
    const cached = await openCacheFile(path, origin).catch(error => {
      throw this.diskError(error, clip)
    })
    if (typeof cached === 'object') {
      this.entries.set(identity(clip), cached)
      return
    }
    if (cached === 'damaged')
      this.options.onNotice?.(`The cache file of ${clip.id} was damaged and is rebuilt (${path}).`)
    this.begun ??= this.beforeDecoding()
    const folders = [dirname(path), this.partialDir].map(folder => this.triedOnce(folder))
    await Promise.all([this.begun, ...folders]).catch(error => {
      throw this.diskError(error, clip)
    })
    const { size, channels, fit, frameRate } = this.options
    const { start, end } = clip
    const decode = { size, channels, fit, frameRate, start, end, threads, signal, damaged: 'error' } as const
    const video = await decodeVideo(clip.path, decode)
    if ((await contentHash(clip.path)) !== origin.content)
      throw failure('clip.changed', `${clip.path} changed while it was decoded: run again once it is whole`)
    const entry = await writeCacheFile(path, this.partialDir, video, origin).catch(error => {
      throw this.diskError(error, clip)
    })
    this.entries.set(identity(clip), entry)
  }

  /** Once: a folder that is full or read-only, and an old decoder, are said before the work. */
  private async beforeDecoding(): Promise<void> {
    await tryWriting(this.options.dir)
    const advice = adviseOnCodec((await findCodecs()).ffmpeg)
    if (advice !== undefined) this.options.onNotice?.(advice)
  }

  private originOf({ start, end }: Clip, content: string, container: string): Origin {
    const { size, channels, fit, frameRate } = this.options
    const recipe = [CACHE_FORMAT, container, start ?? null, end ?? null, size, fit, channels, frameRate]
    return { content, recipe: JSON.stringify(recipe) }
  }

  private fileFor({ content, recipe }: Origin): string {
    const key = createHash('sha256').update(content).update(recipe).digest('hex')
    return join(this.options.dir, key.slice(0, 2), `${key}.clip`)
  }

  private triedOnce(folder: string): Promise<void> {
    const known = this.tried.get(folder) ?? tryFolder(folder)
    this.tried.set(folder, known)
    return known
  }

  private get partialDir(): string {
    return join(this.options.dir, 'partial')
  }

  private async removeAbandoned(): Promise<void> {
    if (this.options.clock === undefined) return
    for (const name of await readdir(this.partialDir).catch(() => [])) {
      const path = join(this.partialDir, name)
      const facts = await stat(path).catch(() => undefined)
      if (facts !== undefined && this.options.clock() - facts.mtimeMs > ABANDONED)
        // Another user's stays for them to remove.
        await rm(path, { force: true }).catch(() => undefined)
    }
  }

  private diskError(error: NodeJS.ErrnoException, clip: Clip): Error {
    if (error instanceof LayergymError) return error
    const { dir } = this.options
    const full = error.code === 'ENOSPC' || error.code === 'EDQUOT'
    const what = full ? `has no space left for ${clip.id}` : `cannot be used: ${error.message}`
    const advice = `${full ? 'free some, or name' : 'name'} another folder for it (--cache)`
    return failure(full ? 'cache.full' : 'cache.unwritable', `the clip cache ${dir} ${what}; ${advice}`, {
      cause: error,
    })
  }
}

/**
 * Folders within a shared one may be another user's: tried, since permissions don't tell (lists, network disks). One that
 * is missing can be made where the one above can be written.
 */
async function tryFolder(folder: string): Promise<void> {
  const trial = join(folder, randomUUID())
  try {
    await (await open(trial, 'wx')).close()
    await rm(trial)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function identity({ path, start, end }: Clip): string {
  return JSON.stringify([path, start, end])
}

function isBroken(error: unknown): boolean {
  return error instanceof LayergymError && error.code.startsWith('video.')
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    facts => facts.size,
    () => undefined,
  )
}

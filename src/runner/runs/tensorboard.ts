import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { failure, inputError, messageOf } from '../../common/error.ts'
import { fileVersionEvent, record, scalarsEvent } from './tensorboard-format.ts'

/** What `TensorBoardWriter.create` is told. */
export interface TensorBoardOptions {
  /** A clock in milliseconds: names the file and stamps its first record. */
  readonly now: () => number
  /** Goes on in this file of the folder after so many bytes; what lies beyond them is cut off. */
  readonly resumeAt?: TensorBoardPosition
}

/** Where a writer stands: what a checkpoint keeps. JSON-safe. */
export interface TensorBoardPosition {
  /** The file's name, without its folder. */
  readonly file: string
  readonly bytes: number
}

/**
 * Appends scalars to a TensorBoard event file. Every record is in the file when its promise resolves, so that
 * TensorBoard shows a run while it goes on; a record that fails (disk full) is cut off again, whole.
 */
export class TensorBoardWriter {
  /** Appends run one after the other, whoever awaits them. */
  private last: Promise<void> = Promise.resolve()

  private constructor(
    private readonly path: string,
    private readonly file: string,
    private readonly handle: FileHandle,
    private bytes: number,
  ) {}

  /**
   * Opens a new event file in the folder `dir`, which is made where it isn't there, or goes on in one.
   * @throws input error `tensorboard.resume` when the file to go on in is missing or shorter than it was; failure
   * `tensorboard.write` when nothing can be written
   */
  static async create(dir: string, { now, resumeAt }: TensorBoardOptions): Promise<TensorBoardWriter> {
    if (resumeAt !== undefined) return TensorBoardWriter.resume(dir, resumeAt)
    try {
      await mkdir(dir, { recursive: true })
      const milliseconds = now()
      const { file, handle } = await openNew(dir, Math.floor(milliseconds / 1000))
      const writer = new TensorBoardWriter(join(dir, file), file, handle, 0)
      try {
        await writer.append(fileVersionEvent(milliseconds / 1000))
      } catch (error) {
        await handle.close()
        throw error
      }
      return writer
    } catch (error) {
      throw unwritable(dir, error)
    }
  }

  private static async resume(dir: string, { file, bytes }: TensorBoardPosition): Promise<TensorBoardWriter> {
    const path = join(dir, file)
    // Not 'a+': a position to write at has no effect on a file that is open for appending.
    const handle = await open(path, 'r+').catch((error: unknown) => {
      throw inputError(
        'tensorboard.resume',
        `${path}, where this run wrote its TensorBoard events, cannot be opened (${messageOf(error)}): put it back, or start a new run`,
      )
    })
    try {
      const { size } = await handle.stat()
      if (size < bytes) {
        throw inputError(
          'tensorboard.resume',
          `${path} has ${size} bytes, and the run had written ${bytes} when it was interrupted: put the whole file back, or start a new run`,
        )
      }
      await handle.truncate(bytes)
    } catch (error) {
      await handle.close()
      throw error
    }
    return new TensorBoardWriter(path, file, handle, bytes)
  }

  /** After the last whole record. */
  get position(): TensorBoardPosition {
    return { file: this.file, bytes: this.bytes }
  }

  /**
   * One record: named figures of one step, e.g. `{ 'rollout/ep_rew_mean': 12.3 }`. They are kept as float32.
   * @param step an integer ≥ 0
   * @param wallTime seconds since 1970
   * @throws failure `tensorboard.write`; the file is then as it was before. Input error `tensorboard.step`
   */
  async scalars(step: number, wallTime: number, values: Readonly<Record<string, number>>): Promise<void> {
    if (!Number.isSafeInteger(step) || step < 0) {
      throw inputError('tensorboard.step', `a TensorBoard step is an integer >= 0, not ${step}`)
    }
    if (Object.keys(values).length > 0) await this.append(scalarsEvent(step, wallTime, values))
  }

  /** Waits for what is being written. Called once. */
  async close(): Promise<void> {
    await this.last
    await this.handle.close()
  }

  private append(event: Uint8Array): Promise<void> {
    const result = this.last.then(() => this.write(record(event)))
    // A failed append is its caller's to hear of; the next one starts from a whole file.
    this.last = result.catch(() => undefined)
    return result
  }

  private async write(data: Uint8Array): Promise<void> {
    try {
      for (let written = 0; written < data.length; ) {
        const { bytesWritten } = await this.handle.write(
          data,
          written,
          data.length - written,
          this.bytes + written,
        )
        written += bytesWritten
      }
      this.bytes += data.length
    } catch (error) {
      await this.handle.truncate(this.bytes).catch(() => undefined)
      throw unwritable(this.path, error)
    }
  }
}

/** TensorBoard reads files with `tfevents` in their names, in the order of the names; what is there is left alone. */
async function openNew(dir: string, seconds: number): Promise<{ file: string; handle: FileHandle }> {
  for (let count = 0; ; count++) {
    const file = `events.out.tfevents.${String(seconds).padStart(10, '0')}.layergym.${count}`
    try {
      return { file, handle: await open(join(dir, file), 'wx') }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

function unwritable(path: string, error: unknown): Error {
  if (error instanceof Error && 'code' in error && error.code === 'tensorboard.write') return error
  return failure(
    'tensorboard.write',
    `TensorBoard events cannot be written to ${path}: ${messageOf(error)}. Free space or give another folder`,
    { cause: error },
  )
}

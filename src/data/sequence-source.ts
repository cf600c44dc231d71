import { inputError, interrupted, messageOf } from '../common/error.ts'
import { Rng } from '../common/random.ts'
import type { PrepareOptions, SkippedClip } from './clip-cache.ts'
import type { Clip, Item } from './dataset.ts'
import type { Glimpse } from './lookalikes.ts'
import type { Table } from './npy.ts'
import { randomSegmentIndices, uniformIndices } from './sampling.ts'
import { readSequence } from './sequence.ts'
import type { FrameSampling, Seen } from './source.ts'

/** Batches of sequences for the trainer, as `ClipSource` gives pixels; the clips must be prepared. */
export interface SequenceSource {
  readonly kind: 'sequences'
  /** [T, F] of every clip in a batch. */
  readonly shape: readonly [rows: number, columns: number]
  /**
   * Reads the sequences that aren't yet: all stay in memory, small as they are beside videos.
   * @returns those left out, where `skipBroken` says so
   * @throws input error that names the file
   */
  prepare(
    clips: readonly Clip[],
    options?: Pick<PrepareOptions, 'signal' | 'skipBroken' | 'onProgress'>,
  ): Promise<{ skipped: SkippedClip[] }>
  /**
   * float32 [B, T, F]. Rows are chosen as frames of a clip are: a sequence is cut into T equal stretches, and each gives
   * the row at its middle, or at a random moment of it; one of fewer rows repeats some.
   */
  batch(clips: readonly Clip[], sampling: FrameSampling): Float32Array
  /** The clips as they are: nothing but their labels is known of them. */
  items(clips: readonly Clip[]): readonly Item[]
  /** Its numbers: to tell sequences apart, and for no network. */
  glimpse(clip: Clip): Glimpse
  see(clips: readonly Clip[], sampling: FrameSampling): Seen<Float32Array>
  /** Nothing is open. */
  close(): void
}

/** @param shape rows that a model takes of each sequence, and columns that each must have */
export function openSequenceSource(shape: readonly [rows: number, columns: number]): SequenceSource {
  const [length, columns] = shape
  const tables = new Map<string, Table>()
  const batch = (clips: readonly Clip[], sampling: FrameSampling) => {
    const values = new Float32Array(clips.length * length * columns)
    for (const [i, clip] of clips.entries()) {
      const table = tables.get(clip.id)
      if (table === undefined) throw new RangeError(`the sequence '${clip.id}' was not prepared`)
      for (const [j, row] of chosenRows(table, length, sampling).entries()) {
        const own = table.values.subarray(row * columns, (row + 1) * columns)
        values.set(own, (i * length + j) * columns)
      }
    }
    return values
  }
  return {
    kind: 'sequences',
    shape,
    async prepare(clips, { signal, skipBroken, onProgress } = {}) {
      const skipped: SkippedClip[] = []
      for (const [i, clip] of clips.entries()) {
        if (signal?.aborted) throw interrupted()
        try {
          if (!tables.has(clip.id)) tables.set(clip.id, await readClip(clip, columns))
        } catch (error) {
          if (skipBroken !== true) throw error
          skipped.push({ clip, reason: messageOf(error) })
        }
        onProgress?.({ done: i + 1, total: clips.length, clip })
      }
      return { skipped }
    },
    batch,
    items: clips => clips,
    glimpse: ({ id }) => ({ values: tables.get(id)?.values ?? new Float32Array(0) }),
    see: (clips, sampling) => ({ pixels: batch(clips, sampling), items: clips }),
    close: () => undefined,
  }
}

function chosenRows({ rows }: Table, count: number, sampling: FrameSampling): readonly number[] {
  const moments = Array.from({ length: rows }, (_, row) => row)
  return sampling instanceof Rng
    ? randomSegmentIndices(moments, count, sampling)
    : uniformIndices(moments, count)
}

async function readClip({ path, start, end }: Clip, columns: number): Promise<Table> {
  if (start !== undefined || end !== undefined) {
    throw inputError(
      'sequence.piece',
      `${path} has start or end, in seconds, but a sequence has rows without a time: write each piece to a file of its own`,
    )
  }
  const table = await readSequence(path)
  if (table.columns === columns) return table
  throw inputError(
    'sequence.columns',
    `${path} has ${table.columns} columns; the model takes ${columns}: choose the columns that it was trained on`,
  )
}

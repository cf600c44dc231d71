import { inputError, interrupted } from '../common/error.ts'
import { Rng } from '../common/random.ts'
import type { Clip } from './dataset.ts'
import type { Table } from './npy.ts'
import { randomSegmentIndices, uniformIndices } from './sampling.ts'
import { readSequence } from './sequence.ts'
import type { FrameSampling } from './source.ts'

/** Batches of sequences for the trainer, as `ClipSource` gives pixels. */
export interface SequenceSource {
  /** [T, F] of every clip in a batch. */
  readonly shape: readonly [rows: number, columns: number]
  /**
   * float32 [B, T, F]. Rows are chosen as frames of a clip are: a sequence is cut into T equal stretches, and each gives
   * the row at its middle, or at a random moment of it; one of fewer rows repeats some.
   */
  batch(clips: readonly Clip[], sampling: FrameSampling): Float32Array
}

/**
 * Reads all sequences at once: they are small beside videos.
 * @param shape rows that a model takes of each, and columns that it takes
 * @throws input error that names the file
 */
export async function openSequenceSource(
  clips: readonly Clip[],
  options: { readonly shape: readonly [rows: number, columns: number]; readonly signal?: AbortSignal },
): Promise<SequenceSource> {
  const [length, columns] = options.shape
  const tables = new Map<string, Table>()
  for (const clip of clips) {
    if (options.signal?.aborted) throw interrupted()
    tables.set(clip.id, await readClip(clip, columns))
  }
  return {
    shape: options.shape,
    batch(wanted, sampling) {
      const values = new Float32Array(wanted.length * length * columns)
      for (const [i, clip] of wanted.entries()) {
        const table = tables.get(clip.id)
        if (table === undefined) throw new RangeError(`the sequence '${clip.id}' was not read`)
        const moments = Array.from({ length: table.rows }, (_, row) => row)
        const rows =
          sampling instanceof Rng
            ? randomSegmentIndices(moments, length, sampling)
            : uniformIndices(moments, length)
        for (const [j, row] of rows.entries()) {
          const own = table.values.subarray(row * columns, (row + 1) * columns)
          values.set(own, (i * length + j) * columns)
        }
      }
      return values
    },
  }
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

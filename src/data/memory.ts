import type { Clip, Splits } from './dataset.ts'
import { contentHash } from './fingerprint.ts'

/** The splits that a model sees: by the first it learns, by the others it is chosen. */
export type SeenSplit = Exclude<keyof Splits, 'test'>

/**
 * Fingerprints of the clips that a model has seen: 16 hexadecimal digits of the file's SHA-256, `@start-end` in
 * seconds behind them for a piece. Names, labels and places don't enter. JSON-safe.
 */
export type Memory = { readonly [split in SeenSplit]: readonly string[] }

const SPLITS = ['train', 'probe', 'reward'] as const satisfies readonly SeenSplit[]

/** What a run's splits come to, with what the model that it began with had seen before. */
export async function remember(splits: Splits, before?: Memory): Promise<Memory> {
  const of = async (split: SeenSplit) => {
    const fingerprints = await Promise.all(splits[split].map(fingerprint))
    return [...new Set([...(before?.[split] ?? []), ...fingerprints])]
  }
  return { train: await of('train'), probe: await of('probe'), reward: await of('reward') }
}

/**
 * In which split a model saw each of these clips; those that it never saw are missing. Of two pieces of one file that
 * overlap in time, one that was seen is enough. A file that can't be read counts as new: decoding it says why.
 */
export async function recall(memory: Memory, clips: readonly Clip[]): Promise<ReadonlyMap<Clip, SeenSplit>> {
  const pieces = new Map<string, (Piece & { readonly split: SeenSplit })[]>()
  for (const split of SPLITS) {
    for (const text of memory[split]) {
      const piece = parse(text)
      pieces.set(piece.content, [...(pieces.get(piece.content) ?? []), { ...piece, split }])
    }
  }
  const seen = new Map<Clip, SeenSplit>()
  for (const clip of clips) {
    const own = parse(await fingerprint(clip).catch(() => ''))
    const match = pieces.get(own.content)?.find(piece => piece.start < own.end && own.start < piece.end)
    if (match !== undefined) seen.set(clip, match.split)
  }
  return seen
}

/** A model's metadata as read from a file. */
export function isMemory(value: unknown): value is Memory {
  return (
    typeof value === 'object' &&
    value !== null &&
    SPLITS.every(split => Array.isArray(Reflect.get(value, split)))
  )
}

async function fingerprint({ path, start, end }: Clip): Promise<string> {
  const content = (await contentHash(path)).slice(0, 16)
  return start === undefined && end === undefined ? content : `${content}@${start ?? 0}-${end ?? ''}`
}

interface Piece {
  readonly content: string
  /** Seconds; a piece without an end lasts to the file's. */
  readonly start: number
  readonly end: number
}

function parse(fingerprint: string): Piece {
  const [content, piece = '0-'] = fingerprint.split('@')
  const [start, end] = piece.split('-')
  return { content, start: Number(start), end: end === '' ? Number.POSITIVE_INFINITY : Number(end) }
}

import { type ClipCacheOptions, openClipCache, type PrepareOptions, type SkippedClip } from './clip-cache.ts'
import type { Clip } from './dataset.ts'
import { openSequenceSource, type SequenceSource } from './sequence-source.ts'
import { type ClipSource, openClipSource } from './source.ts'

/** How clips are brought to a network. */
export interface ClipFormat extends Pick<ClipCacheOptions, 'size' | 'channels' | 'fit'> {
  readonly frames: number
  /** [height, width]; of sequences, whose rows are frames one pixel high, [1, numbers of a row]. */
  readonly size: readonly [height: number, width: number]
  /** Frames a second that clips are decoded at; undefined of sequences, whose rows have no time. */
  readonly frameRate?: number
}

/** Batches of clips for a network, be they videos, pictures or sequences; they must be prepared. */
export type Source = (ClipSource | SequenceSource) & {
  /** Decodes or reads clips. @returns those left out, where `skipBroken` says so */
  prepare(clips: readonly Clip[], options?: PrepareOptions): Promise<{ skipped: SkippedClip[] }>
  close(): void
}

/** @param options of the cache of decoded clips, which sequences don't need */
export function openSource(
  { frames, frameRate, ...format }: ClipFormat,
  options: Pick<ClipCacheOptions, 'dir' | 'clock' | 'onNotice'>,
): Source {
  if (frameRate === undefined) return openSequenceSource([frames, format.size[1]])
  const { size, channels, fit } = format
  const cache = openClipCache({ size, channels, fit, frameRate, ...options })
  return {
    ...openClipSource({ cache, frames }),
    prepare: (clips: readonly Clip[], of?: PrepareOptions) => cache.prepare(clips, of),
    close: () => cache.close(),
  }
}

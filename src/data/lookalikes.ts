import { mean } from '../common/statistics.ts'
import type { Clip, Splits } from './dataset.ts'
import { isNearDuplicate, levelsBetween, type Print, printOf } from './summary/near-duplicates.ts'
import { COLUMNS, ROWS } from './summary/thumbnails.ts'

/** A few moments of a clip, uint8 [H, W, C] each; or the numbers of a sequence. */
export type Glimpse =
  | { readonly frames: readonly Uint8Array[]; readonly shape: readonly [number, number, number] }
  | { readonly values: Float32Array }

/** A held-out clip, and one that looks like it in a split that it is held out from. */
export interface Lookalike {
  readonly clip: Clip
  readonly split: 'reward' | 'test'
  readonly other: Clip
}

/**
 * The same content on both sides of a split, stored twice: clips of which every moment looks like the other's, sequences
 * whose numbers are equal. Test clips are held against all other splits, those of reward against what is learned from.
 */
export function lookalikes(splits: Splits, glimpse: (clip: Clip) => Glimpse): readonly Lookalike[] {
  const of = (clips: readonly Clip[]) => clips.map(clip => ({ clip, trace: traceOf(glimpse(clip)) }))
  const learned = of([...splits.train, ...splits.probe])
  const reward = of(splits.reward)
  const found = (split: 'reward' | 'test', held: typeof learned, others: typeof learned) =>
    held.flatMap(({ clip, trace }) => {
      const twin = others.find(other => isAlike(trace, other.trace))
      return twin === undefined ? [] : [{ clip, split, other: twin.clip }]
    })
  return [...found('reward', reward, learned), ...found('test', of(splits.test), [...learned, ...reward])]
}

/** Grey levels, in the mean, that storing a clip twice changes at least. */
const LEAST_LEVELS = 1

type Trace = readonly Print[] | Float32Array

function traceOf(glimpse: Glimpse): Trace {
  if ('values' in glimpse) return glimpse.values
  return glimpse.frames.map(frame => printOf(thumbnail(frame, glimpse.shape)))
}

function isAlike(a: Trace, b: Trace): boolean {
  if (a.length !== b.length || a.length === 0) return false
  if (a instanceof Float32Array || b instanceof Float32Array) return a.every((value, i) => value === b[i])
  const change = Math.min(changeOf(a), changeOf(b))
  // A fixed camera sees nearly the same at all times: two clips of it differ as much as each does from moment to moment.
  const most = change === 0 ? Number.POSITIVE_INFINITY : Math.max(LEAST_LEVELS, change / 2)
  return a.every((print, i) => isNearDuplicate(print, b[i]) && levelsBetween(print, b[i]) <= most)
}

/** Grey levels from one moment to the next, in the mean; 0 of a picture. */
function changeOf(prints: readonly Print[]): number {
  return prints.length < 2 ? 0 : mean(prints.slice(1).map((print, i) => levelsBetween(prints[i], print)))
}

/** Grey [ROWS, COLUMNS], each pixel the mean of those that it stands for. */
function thumbnail(
  frame: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
): Uint8Array {
  return Uint8Array.from({ length: ROWS * COLUMNS }, (_, pixel) => {
    const [top, bottom] = stretch(Math.floor(pixel / COLUMNS), ROWS, height)
    const [left, right] = stretch(pixel % COLUMNS, COLUMNS, width)
    let sum = 0
    for (let y = top; y < bottom; y++)
      for (let at = (y * width + left) * channels; at < (y * width + right) * channels; at++) sum += frame[at]
    return Math.round(sum / ((bottom - top) * (right - left) * channels))
  })
}

/** From where to where a piece of a side reaches; one pixel at least. */
function stretch(index: number, pieces: number, side: number): readonly [number, number] {
  const from = Math.min(side - 1, Math.floor((index * side) / pieces))
  return [from, Math.max(from + 1, Math.floor(((index + 1) * side) / pieces))]
}

/** In a sentence; undefined where there are none. */
export function lookalikeWords(found: readonly Lookalike[]): string | undefined {
  if (found.length === 0) return undefined
  const shown = found.slice(0, 3).map(({ clip, other }) => `${clip.id} and ${other.id}`)
  const more = found.length > shown.length ? ` and ${found.length - shown.length} more` : ''
  const tests = found.filter(({ split }) => split === 'test').length
  const what = tests > 0 ? `${tests} of them in test, whose score will be too high` : 'none of them in test'
  return `The same content is on both sides of a split in ${found.length === 1 ? 'one case' : `${found.length} cases`} (${what}): ${shown.join(', ')}${more}. Give such clips one group (--group-column), or leave one out.`
}

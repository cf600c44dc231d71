import { concatenated } from '../../../common/arrays.ts'
import type { Clip } from '../../../data/dataset.ts'
import { UNLABELLED } from '../segments.ts'

/** What is true of a window of a recording, and what a model says of it. */
export interface Moments {
  /** [T] class index, or `UNLABELLED`. */
  readonly labels: Int32Array
  /** [T] class index. */
  readonly found: Int32Array
  readonly recording: string
  /** Seconds within the recording. */
  readonly start: number
  readonly end: number
}

/**
 * Windows put together into recordings, in time; of what two windows show, the earlier one counts. Moments that nothing
 * is said of are left out.
 */
export function recordingsOf(
  windows: readonly Moments[],
): ReadonlyMap<string, { readonly labels: readonly number[]; readonly found: readonly number[] }> {
  return new Map(
    [...byRecording(windows)].map(([recording, own]) => {
      const moments = [...shownOnce(own)].filter(({ window, t }) => window.labels[t] !== UNLABELLED)
      return [
        recording,
        {
          labels: moments.map(({ window, t }) => window.labels[t]),
          found: moments.map(({ window, t }) => window.found[t]),
        },
      ]
    }),
  )
}

/** Each recording's windows, in time. */
export function byRecording<W extends Pick<Moments, 'recording' | 'start'>>(
  windows: readonly W[],
): ReadonlyMap<string, readonly W[]> {
  const recordings = new Map<string, W[]>()
  for (const window of windows.toSorted((a, b) => a.start - b.start)) {
    const own = recordings.get(window.recording)
    if (own === undefined) recordings.set(window.recording, [window])
    else own.push(window)
  }
  return recordings
}

/** The frames of windows that are in time, without those that an earlier window shows; `start` in seconds. */
function* shownOnce<W extends { readonly start: number; readonly end: number; readonly labels: Int32Array }>(
  windows: readonly W[],
): Generator<{ readonly window: W; readonly t: number; readonly start: number }> {
  let until = Number.NEGATIVE_INFINITY
  for (const window of windows) {
    const { length } = window.labels
    const step = (window.end - window.start) / length
    for (let t = 0; t < length; t++)
      if (window.start + (t + 0.5) * step >= until) yield { window, t, start: window.start + t * step }
    until = Math.max(until, window.end)
  }
}

interface Window {
  /** [T] */
  readonly labels: Int32Array
  /** [T, C] */
  readonly probabilities: Float32Array
}

/** Windows of one recording as one, in time; of what two windows show, the earlier one counts. */
export function joinedWindows(
  windows: readonly Window[],
  pieces: readonly Clip[],
  { classes, window }: { readonly classes: readonly string[]; readonly window: number },
) {
  const timed = windows.map((own, i) => {
    const { start = 0, end = start + window } = pieces[i]
    return { ...own, start, end }
  })
  const moments = [...shownOnce(timed)]
  const row = (of: Window, t: number) =>
    of.probabilities.subarray(t * classes.length, (t + 1) * classes.length)
  return {
    labels: Int32Array.from(moments, of => of.window.labels[of.t]),
    probabilities: concatenated(moments.map(of => row(of.window, of.t))),
    times: [...moments.map(({ start }) => start), Math.max(...timed.map(({ end }) => end))],
  }
}

/** Frames of one label without a break: from the first up to the one after the last. */
export function runsOf(
  labels: ArrayLike<number>,
): readonly { readonly label: number; readonly from: number; readonly to: number }[] {
  const starts = Array.from(labels, (label, t) => (t === 0 || label !== labels[t - 1] ? [t] : [])).flat()
  return starts.map((from, i) => ({ label: labels[from], from, to: starts[i + 1] ?? labels.length }))
}

/** To milliseconds. */
export function rounded(seconds: number): number {
  return Math.round(1000 * seconds) / 1000
}

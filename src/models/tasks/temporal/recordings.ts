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
  const recordings = new Map<string, { labels: number[]; found: number[]; until: number }>()
  for (const window of windows.toSorted((a, b) => a.start - b.start)) {
    const own = recordings.get(window.recording) ?? { labels: [], found: [], until: Number.NEGATIVE_INFINITY }
    recordings.set(window.recording, own)
    const step = (window.end - window.start) / window.labels.length
    window.labels.forEach((label, t) => {
      const time = window.start + (t + 0.5) * step
      if (label === UNLABELLED || time < own.until) return
      own.labels.push(label)
      own.found.push(window.found[t])
    })
    own.until = Math.max(own.until, window.end)
  }
  return recordings
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
  const labels: number[] = []
  const probabilities: number[] = []
  const times: number[] = []
  let until = Number.NEGATIVE_INFINITY
  windows.forEach((own, i) => {
    const { start = 0, end = start + window } = pieces[i]
    const step = (end - start) / own.labels.length
    own.labels.forEach((label, t) => {
      if (start + (t + 0.5) * step < until) return
      times.push(start + t * step)
      labels.push(label)
      for (let c = 0; c < classes.length; c++) probabilities.push(own.probabilities[t * classes.length + c])
    })
    until = Math.max(until, end)
  })
  return {
    labels: Int32Array.from(labels),
    probabilities: Float32Array.from(probabilities),
    times: [...times, until],
  }
}

/** Frames of one label without a break: from the first up to the one after the last. */
export function runsOf(
  labels: ArrayLike<number>,
): readonly { readonly label: number; readonly from: number; readonly to: number }[] {
  const starts = Array.from(labels, (label, t) => (t === 0 || label !== labels[t - 1] ? [t] : [])).flat()
  return starts.map((from, i) => ({ label: labels[from], from, to: starts[i + 1] ?? labels.length }))
}

import { UNLABELLED } from '../segments.ts'
import type { Detail, Span, Strip } from '../shown.ts'
import { byRecording, type Moments, rounded, runsOf } from './recordings.ts'

/** Recordings that are shown. */
const MOST_STRIPS = 12

/** What is true and what is said of each recording, over time. */
export function temporalDetails(windows: readonly Moments[], classes: readonly string[]): readonly Detail[] {
  const strips = [...byRecording(windows)].map(([path, own]) => stripOf(path, own))
  const more = strips.length > MOST_STRIPS ? ` The first ${MOST_STRIPS} of ${strips.length} recordings.` : ''
  return [
    {
      kind: 'strips',
      title: 'Moments',
      text: `Of each recording what is true and what the model says, over time; gaps are moments that nothing is known of, or that lie in another split.${more}`,
      labels: classes,
      strips: strips.slice(0, MOST_STRIPS),
    },
  ]
}

function stripOf(path: string, windows: readonly Moments[]): Strip {
  let until = Number.NEGATIVE_INFINITY
  const truth: Span[] = []
  const found: Span[] = []
  for (const window of windows) {
    const step = (window.end - window.start) / window.labels.length
    const at = (t: number) => Math.max(until, window.start + t * step)
    truth.push(...spansOf(window.labels, at))
    found.push(...spansOf(window.found, at))
    until = Math.max(until, window.end)
  }
  const name = path.split(/[\\/]/).at(-1) ?? path
  return {
    name,
    rows: [
      { name: 'true', spans: joined(truth) },
      { name: 'said', spans: joined(found) },
    ],
  }
}

/** What an earlier window has shown is left out. */
function spansOf(labels: Int32Array, at: (t: number) => number): readonly Span[] {
  return runsOf(labels).flatMap(({ label, from, to }): Span[] =>
    label === UNLABELLED || at(to) <= at(from) ? [] : [[at(from), at(to), label]],
  )
}

/** Neighbours of one label are one. */
function joined(spans: readonly Span[]): readonly Span[] {
  const all: Span[] = []
  for (const span of spans) {
    const before = all.at(-1)
    if (before !== undefined && before[2] === span[2] && span[0] - before[1] < 1e-6)
      all[all.length - 1] = [before[0], span[1], span[2]]
    else all.push(span)
  }
  return all.map(([start, end, label]) => [rounded(start), rounded(end), label] as const)
}

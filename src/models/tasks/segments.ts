import { distance } from 'fastest-levenshtein'

/** A frame that nothing is said of: it counts nowhere, and segments end before it. */
export const UNLABELLED = -1

/** IoU with a true segment from which a predicted one has found it. */
export const SEGMENT_OVERLAPS = [0.1, 0.25, 0.5] as const

/** What came of some recordings; counts add up, and one is left out by subtraction. */
export interface SegmentCounts {
  readonly recordings: number
  /** Labelled frames, and those of them that are right. */
  readonly frames: number
  readonly correct: number
  /** Sum over recordings, each in [0, 1]. */
  readonly edit: number
  /** Segments at each of `SEGMENT_OVERLAPS`: found, predicted where there is none, missed. */
  readonly found: readonly number[]
  readonly wrong: readonly number[]
  readonly missed: readonly number[]
}

/** MS-TCN's figures (Farha & Gall 2019, section 4), each in [0, 1]. */
export interface SegmentScore {
  /** Share of frames that are right; undefined where none is labelled. */
  readonly accuracy: number | undefined
  /** 1 − edit distance of the labels in their order, over the longer one's length; mean over recordings. */
  readonly edit: number | undefined
  /** At each of `SEGMENT_OVERLAPS`, over all recordings' segments; undefined where there are none. */
  readonly f1: readonly (number | undefined)[]
}

/**
 * One recording, frame by frame. A predicted segment takes the true one of its label that it covers best, if nobody took
 * it before, in the order of time: as the published evaluation (eval.py of MS-TCN). Segments of `background` count in
 * frames alone.
 * @param truth, predicted [frames] class indices below 65,536; of the truth `UNLABELLED` too
 */
export function countSegments(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  background: ReadonlySet<number>,
): SegmentCounts {
  const labelled = Array.from(truth, label => label !== UNLABELLED)
  const shown = Array.from(predicted, (label, i) => (labelled[i] ? label : UNLABELLED))
  const real = segmentsOf(truth, background)
  const seen = segmentsOf(shown, background)
  const matched = SEGMENT_OVERLAPS.map(overlap => matchSegments(real, seen, overlap))
  return {
    recordings: 1,
    frames: labelled.filter(is => is).length,
    correct: shown.filter((label, i) => labelled[i] && label === truth[i]).length,
    edit: editScore(real, seen),
    found: matched,
    wrong: matched.map(found => seen.length - found),
    missed: matched.map(found => real.length - found),
  }
}

export function addSegments(all: readonly SegmentCounts[]): SegmentCounts {
  return all.reduce((sum, one) => combined(sum, one, 1), NONE)
}

/** Counts of all recordings but one. */
export function withoutSegments(all: SegmentCounts, one: SegmentCounts): SegmentCounts {
  return combined(all, one, -1)
}

export function segmentScore({
  recordings,
  frames,
  correct,
  edit,
  found,
  wrong,
  missed,
}: SegmentCounts): SegmentScore {
  return {
    accuracy: frames === 0 ? undefined : correct / frames,
    edit: recordings === 0 ? undefined : edit / recordings,
    f1: found.map((hits, i) => {
      const both = 2 * hits + wrong[i] + missed[i]
      return both === 0 ? undefined : (2 * hits) / both
    }),
  }
}

const NONE: SegmentCounts = {
  recordings: 0,
  frames: 0,
  correct: 0,
  edit: 0,
  found: SEGMENT_OVERLAPS.map(() => 0),
  wrong: SEGMENT_OVERLAPS.map(() => 0),
  missed: SEGMENT_OVERLAPS.map(() => 0),
}

function combined(a: SegmentCounts, b: SegmentCounts, sign: 1 | -1): SegmentCounts {
  const each = (key: 'found' | 'wrong' | 'missed') => a[key].map((count, i) => count + sign * b[key][i])
  return {
    recordings: a.recordings + sign * b.recordings,
    frames: a.frames + sign * b.frames,
    correct: a.correct + sign * b.correct,
    edit: a.edit + sign * b.edit,
    found: each('found'),
    wrong: each('wrong'),
    missed: each('missed'),
  }
}

/** Frames of one label without a break, from `start` up to `end`. */
interface Run {
  readonly label: number
  readonly start: number
  readonly end: number
}

function segmentsOf(labels: ArrayLike<number>, background: ReadonlySet<number>): readonly Run[] {
  const runs: Run[] = []
  let start = 0
  for (let i = 1; i <= labels.length; i++) {
    if (i < labels.length && labels[i] === labels[start]) continue
    runs.push({ label: labels[start], start, end: i })
    start = i
  }
  return runs.filter(({ label }) => label !== UNLABELLED && !background.has(label))
}

function matchSegments(real: readonly Run[], seen: readonly Run[], overlap: number): number {
  const taken = new Set<Run>()
  for (const run of seen) {
    const best = closest(real, run)
    if (best !== undefined && overlapOf(best, run) >= overlap) taken.add(best)
  }
  return taken.size
}

/** The first of those of its label that it covers best. */
function closest(real: readonly Run[], run: Run): Run | undefined {
  const own = real.filter(({ label }) => label === run.label)
  return own.reduce<Run | undefined>(
    (best, each) => (best === undefined || overlapOf(each, run) > overlapOf(best, run) ? each : best),
    undefined,
  )
}

function overlapOf(a: Run, b: Run): number {
  const shared = Math.min(a.end, b.end) - Math.max(a.start, b.start)
  return shared / (Math.max(a.end, b.end) - Math.min(a.start, b.start))
}

function editScore(real: readonly Run[], seen: readonly Run[]): number {
  const longer = Math.max(real.length, seen.length)
  return longer === 0 ? 1 : 1 - distance(asText(real), asText(seen)) / longer
}

/** A character a segment. */
function asText(runs: readonly Run[]): string {
  return runs.map(({ label }) => String.fromCharCode(label)).join('')
}

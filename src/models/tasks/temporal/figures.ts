import { countSegments, type SegmentCounts, UNLABELLED } from '../segments.ts'
import type { Outcomes } from '../task.ts'
import type { MomentsPrediction, MomentsTarget } from './moments.ts'
import { type Moments, recordingsOf } from './recordings.ts'

/** One window's part of a score, or several windows' together. */
export interface WindowFigures {
  /** Frames that something is said of. */
  readonly known: number
  readonly correct: number
  /** Sum of the probabilities of their true classes. */
  readonly certainty: number
  readonly loss: number
  readonly windows: number
}

export function windowsOf(
  { targets, predictions, losses }: Outcomes<MomentsTarget, MomentsPrediction>,
  units: number,
): readonly WindowFigures[] {
  return targets.map(({ labels }, i) => {
    const { labels: found, probabilities } = predictions[i]
    let [known, correct, certainty] = [0, 0, 0]
    labels.forEach((label, t) => {
      if (label === UNLABELLED) return
      known++
      if (found[t] === label) correct++
      certainty += probabilities[t * units + label]
    })
    return { known, correct, certainty, loss: losses[i], windows: 1 }
  })
}

export function sumOf(windows: readonly WindowFigures[]): WindowFigures {
  return windows.reduce((a, b) => ({
    known: a.known + b.known,
    correct: a.correct + b.correct,
    certainty: a.certainty + b.certainty,
    loss: a.loss + b.loss,
    windows: a.windows + b.windows,
  }))
}

export function less(sum: WindowFigures, window: WindowFigures): WindowFigures {
  return {
    known: sum.known - window.known,
    correct: sum.correct - window.correct,
    certainty: sum.certainty - window.certainty,
    loss: sum.loss - window.loss,
    windows: sum.windows - window.windows,
  }
}

const NO_BACKGROUND: ReadonlySet<number> = new Set()

/** Of each recording, its windows put together. */
export function segmentsOf({
  targets,
  predictions,
}: Outcomes<MomentsTarget, MomentsPrediction>): ReadonlyMap<string, SegmentCounts> {
  const moments = targets.map((target, i): Moments => ({ ...target, found: predictions[i].labels }))
  return new Map(
    [...recordingsOf(moments)].map(([path, { labels, found }]) => [
      path,
      countSegments(labels, found, NO_BACKGROUND),
    ]),
  )
}

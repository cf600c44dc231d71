import { meanOf } from './metrics.ts'
import type { PerItem, Score } from './task.ts'

/** What one model came to on labelled items. All arrays: [items], in one order. */
export interface ClassFigures {
  /** Cross-entropy, nats. */
  readonly losses: ArrayLike<number>
  /** 1 where the prediction is the label. */
  readonly correct: ArrayLike<number>
  /** Class indices. */
  readonly labels: ArrayLike<number>
}

/** Whether classes count alike, however many items they have, in what counts. */
export interface Weighing {
  readonly balanced: boolean
}

/**
 * `selection` is half accuracy, half the mean probability of the true class. The first is what counts, the second tells
 * apart what few clips can't. Raw loss is neither: one clip that is wrong with confidence outweighs many that are right.
 * Of 31 quantities this one lost least to the best setting on test (docs/results/selection.md).
 */
export function classScore(figures: ClassFigures, { balanced }: Weighing): Score {
  const { losses, correct, labels } = figures
  const accuracy = meanOf(correct, labels, false)
  const balancedAccuracy = meanOf(correct, labels, true)
  return {
    primary: balanced ? balancedAccuracy : accuracy,
    selection: meanOf(clipScores(figures), labels, balanced),
    loss: meanOf(losses, labels, false),
    parts: { accuracy, balancedAccuracy },
  }
}

/** Leaving an item out takes as long as there are classes, not items. */
export function classScorePerItem(figures: ClassFigures, weighing: Weighing): PerItem {
  const { losses, correct, labels } = figures
  const selection = clipScores(figures)
  const sums = sumsOf(figures, selection)
  const whole = classScore(figures, weighing)
  return {
    points: pointsOf(figures, sums, weighing),
    selection,
    without(item) {
      const n = losses.length - 1
      const own = { count: 1, correct: correct[item], score: selection[item] }
      const all = { correct: 0, score: 0 }
      const ofClasses = { correct: 0, score: 0, count: 0 }
      for (const [label, of] of sums) {
        const left = label === labels[item] ? minus(of, own) : of
        all.correct += left.correct
        all.score += left.score
        if (left.count === 0) continue
        ofClasses.count++
        ofClasses.correct += left.correct / left.count
        ofClasses.score += left.score / left.count
      }
      const accuracy = all.correct / n
      const balancedAccuracy = ofClasses.correct / ofClasses.count
      return {
        primary: weighing.balanced ? balancedAccuracy : accuracy,
        selection: weighing.balanced ? ofClasses.score / ofClasses.count : all.score / n,
        loss: ((n + 1) * whole.loss - losses[item]) / n,
        parts: { accuracy, balancedAccuracy },
      }
    },
  }
}

/** Each item's part of `selection`; of the whole it is the mean, over classes that count alike where it is balanced. */
function clipScores({ losses, correct }: ClassFigures): Float64Array {
  return Float64Array.from(losses, (loss, i) => (correct[i] + confidence(loss)) / 2)
}

/** Probability of the true class; 0 where a loss is no number. */
function confidence(loss: number): number {
  return Number.isNaN(loss) ? 0 : Math.exp(-loss)
}

/** 1 where it is right, 0 where it is wrong; where balanced accuracy counts, a right one of class c has n/(C·n_c). */
function pointsOf(
  { correct, labels }: ClassFigures,
  sums: ReadonlyMap<number, ClassSum>,
  { balanced }: Weighing,
): readonly number[] {
  return Array.from(labels, (own, i) => {
    if (!correct[i]) return 0
    return balanced ? labels.length / (sums.size * (sums.get(own)?.count ?? 1)) : 1
  })
}

interface ClassSum {
  readonly count: number
  readonly correct: number
  readonly score: number
}

function sumsOf({ labels, correct }: ClassFigures, scores: Float64Array): ReadonlyMap<number, ClassSum> {
  const sums = new Map<number, ClassSum>()
  for (let i = 0; i < labels.length; i++) {
    const of = sums.get(labels[i]) ?? { count: 0, correct: 0, score: 0 }
    sums.set(labels[i], {
      count: of.count + 1,
      correct: of.correct + correct[i],
      score: of.score + scores[i],
    })
  }
  return sums
}

function minus(a: ClassSum, b: ClassSum): ClassSum {
  return { count: a.count - b.count, correct: a.correct - b.correct, score: a.score - b.score }
}

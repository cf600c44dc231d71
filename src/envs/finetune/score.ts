import { countLabels } from '../../models/metrics.ts'

/** What one clip of the reward split came to. All arrays: [clips], in the split's order. */
export interface ClipFigures {
  /** Cross-entropy, nats. */
  readonly losses: Float64Array
  /** 1 where the prediction is the label. */
  readonly correct: Uint8Array
  /** Class indices. */
  readonly labels: Int32Array
}

/**
 * The quantity that agents are paid by and everything is chosen by, in [0, 1], higher is better: half accuracy, half
 * the mean probability of the true class. The first is what counts, the second tells apart what few clips can't.
 * Raw loss is neither: one clip that is wrong with confidence outweighs many that are right. Of 31 quantities this one
 * lost least to the best setting on test (docs/results/selection.md).
 * @returns each clip's part of it, [clips]; the score is their mean, over classes that count alike where it is balanced
 */
export function clipScores({ losses, correct }: ClipFigures): Float64Array {
  return Float64Array.from(losses, (loss, i) => (correct[i] + confidence(loss)) / 2)
}

/** Probability of the true class; 0 where a loss is no number. */
function confidence(loss: number): number {
  return Number.isNaN(loss) ? 0 : Math.exp(-loss)
}

/** Plain mean or, balanced, the mean over the classes that occur of each one's mean. */
export function meanOf(values: ArrayLike<number>, labels: ArrayLike<number>, balanced: boolean): number {
  if (!balanced) return sum(values) / values.length
  const totals = new Map<number, { sum: number; count: number }>()
  for (let i = 0; i < values.length; i++) {
    const total = totals.get(labels[i]) ?? { sum: 0, count: 0 }
    totals.set(labels[i], { sum: total.sum + values[i], count: total.count + 1 })
  }
  const means = [...totals.values()].map(total => total.sum / total.count)
  return sum(means) / means.length
}

/** Where one class has more than twice the clips of another, accuracy is that of the largest. */
export function isUnbalanced(labels: readonly number[], classes: number): boolean {
  const counts = countLabels(labels, classes)
  return Math.max(...counts) > 2 * Math.min(...counts)
}

function sum(values: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]
  return total
}

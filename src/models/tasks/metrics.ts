/** How often each class index occurs, [C]. */
export function countLabels(labels: readonly number[], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0)
  for (const label of labels) counts[label]++
  return counts
}

/** [true class][predicted class] counts. */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  for (let i = 0; i < labels.length; i++) matrix[labels[i]][predictions[i]]++
  return matrix
}

/**
 * Plain mean or, balanced, the mean over the classes that occur of each one's mean: of what is right, accuracy and
 * scikit-learn's balanced_accuracy_score.
 */
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
  return areUnequal(countLabels(labels, classes))
}

/** Of counts by class, [C]. */
export function areUnequal(counts: readonly number[]): boolean {
  return Math.max(...counts) > 2 * Math.min(...counts)
}

function sum(values: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]
  return total
}

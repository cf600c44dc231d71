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

export function accuracyOf(confusion: readonly (readonly number[])[]): number {
  const total = confusion.flat().reduce((a, b) => a + b, 0)
  return total === 0 ? 0 : confusion.reduce((sum, row, i) => sum + row[i], 0) / total
}

/** Mean recall over the classes that occur (scikit-learn's balanced_accuracy_score). */
export function balancedAccuracyOf(confusion: readonly (readonly number[])[]): number {
  const recalls = confusion.flatMap((row, i) => {
    const total = row.reduce((a, b) => a + b, 0)
    return total === 0 ? [] : [row[i] / total]
  })
  return recalls.length === 0 ? 0 : recalls.reduce((a, b) => a + b, 0) / recalls.length
}

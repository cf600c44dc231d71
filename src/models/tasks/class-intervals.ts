const Z = 1.959964

/**
 * 95 % interval of an accuracy: Wilson's (1927). Clips count as independent: recordings with many clips make it too
 * narrow. Of other models trained alike it says nothing.
 */
export function accuracyInterval(share: number, count: number): readonly [number, number] {
  if (count === 0) return [0, 1]
  const scale = 1 + Z ** 2 / count
  const centre = (share + Z ** 2 / (2 * count)) / scale
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / count + Z ** 2 / (4 * count ** 2))
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}

/**
 * 95 % interval of a balanced accuracy: the normal one of a mean of independent recalls, each with one clip more that is
 * right and one that is wrong, so that a class without a mistake isn't held for certain.
 * @param confusion [true class][predicted class] counts
 */
export function balancedAccuracyInterval(
  centre: number,
  confusion: readonly (readonly number[])[],
): readonly [number, number] {
  const variances = confusion.flatMap((row, own) => {
    const count = row.reduce((sum, clips) => sum + clips, 0)
    const recall = (row[own] + 1) / (count + 2)
    return count === 0 ? [] : [(recall * (1 - recall)) / count]
  })
  if (variances.length === 0) return [0, 1]
  const half = (Z * Math.sqrt(variances.reduce((sum, each) => sum + each, 0))) / variances.length
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}

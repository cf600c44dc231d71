import type { Interval } from '../inference/statistics.ts'
import type { TestScore } from './scores.ts'

const Z = 1.959964

/**
 * 95 % interval of what counts of one model on its test clips. Of accuracy: Wilson's (1927). Of balanced accuracy: the
 * normal one of a mean of independent recalls, each with one clip more that is right and one that is wrong, so that a
 * class without a mistake isn't held for certain. Clips count as independent: recordings with many clips make it
 * too narrow. Of other models trained alike it says nothing.
 */
export function scoreInterval(
  { accuracy, balancedAccuracy, clips, confusion }: TestScore,
  balanced: boolean,
) {
  return balanced ? recallInterval(balancedAccuracy, confusion) : wilson(accuracy, clips)
}

function wilson(share: number, count: number): Interval {
  if (count === 0) return [0, 1]
  const scale = 1 + Z ** 2 / count
  const centre = (share + Z ** 2 / (2 * count)) / scale
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / count + Z ** 2 / (4 * count ** 2))
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}

function recallInterval(centre: number, confusion: TestScore['confusion']): Interval {
  const variances = confusion.flatMap((row, own) => {
    const count = row.reduce((sum, clips) => sum + clips, 0)
    const recall = (row[own] + 1) / (count + 2)
    return count === 0 ? [] : [(recall * (1 - recall)) / count]
  })
  if (variances.length === 0) return [0, 1]
  const half = (Z * Math.sqrt(variances.reduce((sum, each) => sum + each, 0))) / variances.length
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}

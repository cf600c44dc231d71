import { sortedQuantile } from '../../src/common/quantile.ts'
import type { Rng } from '../../src/common/random.ts'
import { mean } from '../../src/common/statistics.ts'
import type { Interval } from '../../src/runner/inference/statistics.ts'
import { studentCritical } from '../../src/runner/inference/student.ts'

/**
 * The interval that comparisons had until November 2026, kept to show what it missed: a bootstrap of both rows and
 * columns (Owen 2007, "The pigeonhole bootstrap") in which the rows' part is widened for their small number, and the
 * columns' isn't. Rows were seeds; columns were clips or, in a study, instances.
 * @param differences [rows][columns]
 */
export function pigeonholeInterval(
  differences: readonly (readonly number[])[],
  rng: Rng,
  resamples: number,
): Interval {
  const rows = differences.length
  const rowMeans = differences.map(mean)
  const centre = mean(rowMeans)
  const inflation =
    rows < 2 ? 1 : Math.sqrt(rows / (rows - 1)) * (studentCritical(0.05, rows - 1) / 1.959963984540054)
  const rowParts = rowMeans.map(value => (value - centre) * inflation)
  const columnParts = differences[0].map((_, column) => mean(differences.map(row => row[column])) - centre)
  const means = Array.from(
    { length: resamples },
    () => centre + resampledMean(rowParts, rng) + resampledMean(columnParts, rng),
  ).sort((a, b) => a - b)
  return [sortedQuantile(means, 0.025), sortedQuantile(means, 0.975)]
}

function resampledMean(values: readonly number[], rng: Rng): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[rng.int(values.length)]
  return sum / values.length
}

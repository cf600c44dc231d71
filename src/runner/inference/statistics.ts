import { mean, standardDeviation } from '../../common/statistics.ts'
import { studentCritical } from './student.ts'

export type Interval = readonly [low: number, high: number]

/** 95 % interval of a mean, Student's t; undefined for fewer than two values. */
export function meanInterval(values: readonly number[]): Interval | undefined {
  if (values.length < 2) return undefined
  const half =
    (studentCritical(0.05, values.length - 1) * standardDeviation(values)) / Math.sqrt(values.length)
  return [mean(values) - half, mean(values) + half]
}

import { expect, test } from 'vitest'
import { median, quantile } from '../../../src/common/quantile.ts'
import { interquartileMean, mean, standardDeviation } from '../../../src/common/statistics.ts'
import { meanInterval } from '../../../src/runner/inference/statistics.ts'
import { golden } from './golden.ts'

test.each(golden.samples)('$values.length values: as numpy and scipy have it', sample => {
  expect(mean(sample.values)).toBeCloseTo(sample.mean, 12)
  expect(standardDeviation(sample.values)).toBeCloseTo(sample.standardDeviation, 12)
  expect(median(sample.values)).toBeCloseTo(sample.median, 12)
  for (const [q, value] of sample.quantiles) expect(quantile(sample.values, q)).toBeCloseTo(value, 12)
  expect(interquartileMean(sample.values)).toBeCloseTo(sample.interquartileMean, 12)
  sample.interval.forEach((bound, i) => {
    expect(meanInterval(sample.values)?.[i]).toBeCloseTo(bound, 8)
  })
})

test('the interquartile mean over runs and tasks is rliable’s', () => {
  expect(interquartileMean(golden.rliableIqm.scores.flat())).toBeCloseTo(golden.rliableIqm.iqm, 12)
})

test('one value has no interval', () => {
  expect(meanInterval([1])).toBeUndefined()
})

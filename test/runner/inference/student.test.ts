import { expect, test } from 'vitest'
import { detectableErrors, studentCritical, studentTwoSided } from '../../../src/runner/inference/student.ts'
import { welch } from '../../../src/runner/inference/welch.ts'
import { golden } from './golden.ts'

test.each(golden.student)(
  't($degrees) at $alpha and at $t is scipy’s',
  ({ degrees, alpha, critical, t, p }) => {
    expect(studentCritical(alpha, degrees) / critical).toBeCloseTo(1, 8)
    expect(studentTwoSided(t, degrees) / p).toBeCloseTo(1, 8)
    expect(studentTwoSided(-t, degrees)).toBe(studentTwoSided(t, degrees))
  },
)

test('no t is within every interval, an endless one outside', () => {
  expect([studentTwoSided(0, 3), studentTwoSided(Number.POSITIVE_INFINITY, 3)]).toEqual([1, 0])
})

test.each(golden.detectable)(
  '80 % power at $alpha, $degrees degrees: within 4 % of scipy’s noncentral t',
  ({ alpha, degrees, errors }) => {
    const found = detectableErrors(studentCritical(alpha, degrees), degrees)
    expect(Math.abs(found / errors - 1)).toBeLessThan(0.04)
  },
)

test.each(golden.welch)('the difference of two means is scipy’s (Welch)', ({ a, b, interval, p }) => {
  const found = welch(a, b)
  interval.forEach((bound, i) => {
    expect(found?.interval(0.05)[i]).toBeCloseTo(bound, 8)
  })
  expect(found?.p(0)).toBeCloseTo(p, 8)
  expect(welch(a, [1])).toBeUndefined()
})

test('runs that are all alike: told apart where they differ, and not where they don’t', () => {
  expect(welch([1, 1, 1], [2, 2])).toMatchObject({ mean: -1 })
  expect([welch([1, 1, 1], [2, 2])?.p(0), welch([1, 1], [1, 1])?.p(0)]).toEqual([0, 1])
})

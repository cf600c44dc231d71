import { describe, expect, test } from 'vitest'
import { after, type Ended, endedRun, timeLeft } from '../../../../../src/runner/jobs/fine-tune/plan/left.ts'
import type { Part, Phase } from '../../../../../src/runner/runs/phase.ts'
import { fc, property } from '../../../../support/property.ts'

const phase = (part: Part, of: string, runs: number, seconds: number, most = runs): Phase => ({
  ...{ part, of, solved: of === 'linearProbe' },
  runs: { least: runs, most },
  seconds: { least: seconds, most: seconds },
})
const phases = [
  phase('searches', 'linearProbe', 1, 2),
  phase('searches', 'fullFineTune', 3, 10),
  phase('episodes', 'policy', 4, 20),
  phase('final runs', 'policy', 2, 20),
  phase('final runs', 'linearProbe', 2, 1),
  phase('final runs', 'fullFineTune', 2, 10),
]
const all: readonly Ended[] = phases.flatMap(({ part, of, runs }) =>
  Array.from({ length: runs.most }, () => ({ part, of, budgets: 1 })),
)
const secondsOf = ({ part, of }: Ended) =>
  phases.find(other => other.part === part && other.of === of)?.seconds.most ?? 0

describe('the time left', () => {
  property([fc.double({ min: 0.1, max: 10, noNaN: true })])(
    'is right from the first run that trains on, however slow the machine is',
    factor => {
      let now = 5000
      const left = timeLeft(phases, now)
      all.forEach((ended, i) => {
        now += 1000 * factor * secondsOf(ended)
        left.end(ended, now)
        const rest = all.slice(i + 1).filter(({ of }) => of !== 'linearProbe')
        const trained = rest.reduce((sum, each) => sum + factor * secondsOf(each), 0)
        const solved = 2 * factor
        if (i > 0) expect(left.at(now)).toBeGreaterThanOrEqual(trained - 1e-6)
        if (i > 0) expect(left.at(now)).toBeLessThanOrEqual(trained + solved + 1e-6)
      })
      expect(left.at(now)).toBe(0)
    },
  )

  test('runs down within a run, and stands where one takes longer than it should', () => {
    const left = timeLeft([phase('searches', 'fullFineTune', 2, 10)], 0)
    expect([0, 4000, 10_000, 60_000].map(left.at)).toEqual([20, 16, 10, 10])
  })

  test('an unused part of a search is no time left any more', () => {
    const [, search, episodes] = phases
    const left = timeLeft([{ ...search, runs: { least: 1, most: 9 } }, episodes], 0)
    expect(left.at(0)).toBe(5 * 10 + 4 * 20)
    left.end({ part: 'searches', of: 'fullFineTune', budgets: 1 }, 10_000)
    left.end({ part: 'episodes', of: 'policy', budgets: 1 }, 30_000)
    expect(left.at(30_000)).toBe(3 * 20)
  })

  test('a run of twice the budget counts two', () => {
    const rest = after([phase('final runs', 'lpFt', 1, 10, 3)], endedRun('lpFt x2/7'))
    expect(rest[0].runs).toEqual({ least: 0, most: 1 })
  })
})

test('the keys of runs say what they were', () => {
  expect(endedRun('search/fullFineTune/3.0e-4/3.0e-3/2/1')).toEqual({
    ...{ part: 'searches', of: 'fullFineTune', budgets: 2 },
  })
  expect(endedRun('policy/3')).toEqual({ part: 'final runs', of: 'policy', budgets: 1 })
  expect(endedRun('lpFt/3')).toEqual({ part: 'final runs', of: 'lpFt', budgets: 1 })
})

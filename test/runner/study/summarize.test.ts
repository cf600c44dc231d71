import { expect, test } from 'vitest'
import { renderStudyReport } from '../../../src/runner/report/study-report.ts'
import { parseContenders } from '../../../src/runner/study/config.ts'
import type { Outcome } from '../../../src/runner/study/outcome.ts'
import { summarizeStudy } from '../../../src/runner/study/summarize.ts'

const SEEDS = [1, 2, 3, 4, 5, 6]
const contenders = parseContenders({
  full: { schedule: 'fullFineTune' },
  head: { schedule: 'linearProbe' },
  rgn: { schedule: 'autoRgn' },
  ppo: { agent: 'ppo' },
})

/** Accuracies in points by contender and instance; a seed moves all contenders alike. */
const POINTS: Readonly<Record<string, readonly [one: number, other: number]>> = {
  full: [60, 40],
  head: [50, 50],
  rgn: [90, 20],
  ppo: [63, 43],
}
const COSTS: Readonly<Record<string, number>> = { full: 1, head: 0.2, rgn: 1, ppo: 16 }

const outcomes = contenders.flatMap(({ id }) =>
  ['one', 'other'].flatMap((instance, i) =>
    SEEDS.map(
      (seed): Outcome => ({
        instance,
        seed,
        contender: id,
        accuracy: (POINTS[id][i] + seed) / 100,
        loss: 1,
        rewardLoss: 1,
        rewardAccuracy: 0.5,
        flops: 100 * Math.min(COSTS[id], 1),
        seconds: 1,
        total: { flops: 100 * COSTS[id], seconds: 1 },
        budgetFlops: 100,
      }),
    ),
  ),
)
const summary = summarizeStudy('runs/here', { seed: 1, reference: 'full' }, contenders, outcomes, new Map())
const of = (id: string) => summary.contenders.find(contender => contender.id === id)
const between = (a: string, b: string) => summary.differences.find(pair => pair.of === a && pair.from === b)

test('means are over instances and seeds, costs in budgets', () => {
  expect(of('full')?.accuracy).toBeCloseTo(0.535, 12)
  expect(of('full')?.byInstance[1]).toBeCloseTo(0.435, 12)
  expect(of('ppo')).toMatchObject({ totalCost: 16, runCost: 1 })
})

test('differences are paired: what moves all alike does not blur them', () => {
  const { accuracy, accuracyInterval, verdict, probabilityOfImprovement } = between('ppo', 'full') ?? {}
  expect(accuracy).toBeCloseTo(0.03, 12)
  expect(accuracyInterval?.[0]).toBeCloseTo(0.03, 12)
  expect(accuracyInterval?.[1]).toBeCloseTo(0.03, 12)
  expect([verdict, probabilityOfImprovement]).toEqual(['better', 1])
  expect(between('full', 'ppo')?.verdict).toBe('worse')
})

test('what holds on one of two instances supports no claim', () => {
  expect(between('rgn', 'full')?.accuracy).toBeCloseTo(0.05, 12)
  expect(between('rgn', 'full')).toMatchObject({ verdict: 'undecided', probabilityOfImprovement: 0.5 })
})

test('regret is to the best static schedule of each instance: full on one, the head on the other', () => {
  expect(of('full')?.regret).toBeCloseTo(0.05, 12)
  expect(of('head')?.regret).toBeCloseTo(0.05, 12)
  expect(of('rgn')?.regret).toBeCloseTo(0, 12)
})

test('on the front is who no other beats at both cost and accuracy', () => {
  // ppo is less accurate than rgn and costs more; full costs as much as rgn and is less accurate.
  expect(summary.contenders.filter(({ onFront }) => onFront).map(({ id }) => id)).toEqual(['head', 'rgn'])
})

test('fewer than five seeds support no claim', () => {
  const few = summarizeStudy(
    'runs/here',
    { seed: 1, reference: 'full' },
    contenders,
    outcomes.filter(({ seed }) => seed < 5),
    new Map(),
  )
  expect(new Set(few.differences.map(({ verdict }) => verdict))).toEqual(new Set(['undecided']))
})

test('the report is one page, the same bytes each time, with names as text', () => {
  const renamed = { ...summary, instances: ['<one>', 'other'] }
  const page = renderStudyReport(renamed)
  expect(page).toBe(renderStudyReport(renamed))
  expect(page).toContain('&lt;one&gt;')
  expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/)
  expect(page).toContain('rgn has the highest mean accuracy; 3 others may be as good')
  expect(page).toContain('On the Pareto front: rgn, head.')
})

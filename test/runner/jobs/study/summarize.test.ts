import { expect, test } from 'vitest'
import { Rng } from '../../../../src/common/random.ts'
import { parseContenders } from '../../../../src/runner/jobs/study/config.ts'
import type { Outcome } from '../../../../src/runner/jobs/study/outcome.ts'
import { renderStudyReport } from '../../../../src/runner/jobs/study/report.ts'
import { summarizeStudy } from '../../../../src/runner/jobs/study/summarize.ts'

const SEEDS = [1, 2, 3, 4, 5, 6]
const contenders = parseContenders({
  full: { schedule: 'fullFineTune' },
  head: { schedule: 'linearProbe' },
  rgn: { schedule: 'autoRgn' },
  ppo: { agent: 'ppo' },
})
const INSTANCES = Array.from({ length: 10 }, (_, i) => `instance ${i}`)

/** Accuracies in points by contender, on even and odd instances; a seed moves all contenders alike. */
const POINTS: Readonly<Record<string, readonly [one: number, other: number]>> = {
  full: [60, 40],
  head: [50, 50],
  rgn: [90, 20],
  ppo: [63, 43],
}
const COSTS: Readonly<Record<string, number>> = { full: 1, head: 0.2, rgn: 1, ppo: 16 }

const outcomes = contenders.flatMap(({ id }) =>
  INSTANCES.flatMap((instance, i) =>
    SEEDS.map(
      (seed): Outcome => ({
        instance,
        seed,
        contender: id,
        primary: (POINTS[id][i % 2] + seed) / 100,
        loss: 1,
        score: 0.5,
        rewardLoss: 1,
        rewardPrimary: 0.5,
        flops: 100 * Math.min(COSTS[id], 1),
        seconds: 1,
        total: { flops: 100 * COSTS[id], seconds: 1 },
        budgetFlops: 100,
      }),
    ),
  ),
)
const CONFIG = { seed: 1, reference: 'full' }
const summarize = (some: readonly Outcome[], config: object = {}) =>
  summarizeStudy('runs/here', { ...CONFIG, ...config }, contenders, some, new Map())
type Summary = ReturnType<typeof summarize>
const pageOf = (comparison: Summary) =>
  renderStudyReport({ ...comparison, hash: 'abc', units: outcomes.length, failed: [] })
const between = ({ differences }: Summary, a: string, b: string) =>
  differences.find(pair => pair.of === a && pair.from === b)
const summary = summarize(outcomes)
const of = (id: string) => summary.contenders.find(contender => contender.id === id)

test('means are over instances and seeds, costs in budgets', () => {
  expect(of('full')?.primary).toBeCloseTo(0.535, 12)
  expect(of('full')?.byInstance[1]).toBeCloseTo(0.435, 12)
  expect(of('ppo')).toMatchObject({ totalCost: 16, runCost: 1 })
})

test('differences are paired: what moves all alike does not blur them', () => {
  const { primary, primaryInterval, verdict, probabilityOfImprovement } =
    between(summary, 'ppo', 'full') ?? {}
  expect(primary).toBeCloseTo(0.03, 12)
  expect(primaryInterval?.[0]).toBeCloseTo(0.03, 12)
  expect(primaryInterval?.[1]).toBeCloseTo(0.03, 12)
  expect([verdict, probabilityOfImprovement]).toEqual(['better', 1])
  expect(between(summary, 'full', 'ppo')?.verdict).toBe('worse')
})

test('what holds on half of the instances supports no claim, and is not called "not worse"', () => {
  expect(between(summary, 'rgn', 'full')?.primary).toBeCloseTo(0.05, 12)
  expect(between(summary, 'rgn', 'full')).toMatchObject({
    verdict: 'undecided',
    notWorse: false,
    probabilityOfImprovement: 0.5,
  })
})

test('claims are those of the family that was stated: from the reference, or of all pairs', () => {
  expect(summary.evidence).toEqual({ unit: 'instances', comparisons: 3 })
  expect(between(summary, 'ppo', 'full')).toMatchObject({ adjusted: 3 * 2 ** -9, notWorse: true })
  expect(between(summary, 'ppo', 'rgn')).not.toHaveProperty('adjusted')
  expect(between(summary, 'ppo', 'head')?.verdict).toBe('undecided')
  const all = summarize(outcomes, { pairs: 'all' })
  expect(all.evidence.comparisons).toBe(6)
  expect(between(all, 'ppo', 'full')?.adjusted).toBeCloseTo(6 * 2 ** -9, 12)
  expect(between(all, 'ppo', 'rgn')).toHaveProperty('adjusted')
})

test('too few instances, or seeds, describe and do not claim, and it is said why', () => {
  const few = summarize(outcomes.filter(({ instance }) => INSTANCES.indexOf(instance) < 6))
  expect(few.evidence.tooLittle).toBe(
    '6 instances support no claim: at least 7 are needed for 3 comparisons.',
  )
  const short = summarize(outcomes.filter(({ seed }) => seed < 3))
  expect(short.evidence.tooLittle).toBe('2 seeds support no claim: at least 3 are needed.')
  for (const { differences } of [few, short]) {
    expect(new Set(differences.map(({ verdict }) => verdict))).toEqual(new Set(['undecided']))
    expect(differences.some(({ notWorse }) => notWorse === true)).toBe(false)
    // The figures stay.
    expect(differences.some(({ primary }) => Math.abs(primary - 0.03) < 1e-9)).toBe(true)
  }
})

test('of a single instance claims are about its seeds and test items, and need both', () => {
  const single = outcomes.filter(({ instance }) => instance === INSTANCES[0])
  expect(summarize(single).evidence).toMatchObject({
    unit: 'seeds',
    tooLittle: expect.stringContaining('test items'),
  })
  const rng = Rng.of(1, 'items')
  const units = Array.from({ length: 300 }, (_, i) => `clip ${i}`)
  const kept = single.map(outcome => {
    const correct = units.map(() => (rng.next() < outcome.primary ? 1 : 0) as 0 | 1)
    return { ...outcome, items: { units, correct, losses: units.map(() => 1) } }
  })
  const found = summarize(kept)
  expect(found.evidence).toEqual({ unit: 'seeds and items', comparisons: 3 })
  expect(between(found, 'rgn', 'full')?.verdict).toBe('better')
  const interval = between(found, 'ppo', 'full')?.primaryInterval ?? [0, 0]
  expect(interval[1] - interval[0]).toBeGreaterThan(0.02)
  const first = kept.map(({ items, ...outcome }) => ({
    ...outcome,
    items: {
      units: items.units.slice(0, 20),
      correct: items.correct.slice(0, 20),
      losses: items.losses.slice(0, 20),
    },
  }))
  expect(summarize(first).evidence.tooLittle).toBe('20 test items support no claim: at least 30 are needed.')
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

test('what a policy cost to learn counts: beside its runs, and on a front of its own', () => {
  const given = parseContenders({ full: { schedule: 'fullFineTune' }, learned: { policy: 'policy.json' } })
  const some = outcomes
    .filter(({ contender }) => contender === 'full' || contender === 'ppo')
    .map(outcome => ({
      ...outcome,
      contender: outcome.contender === 'ppo' ? 'learned' : 'full',
      total: { flops: outcome.contender === 'ppo' ? 50 : 100, seconds: 1 },
    }))
  const policy = { cost: { episodes: 420, flops: 38_000 } } as never
  const { contenders: found } = summarizeStudy('x', CONFIG, given, some, new Map([['policy.json', policy]]))
  expect(found[1]).toMatchObject({ totalCost: 0.5, learnedCost: 380.5, onFront: true, onLearnedFront: true })
  expect(found[0]).toMatchObject({ totalCost: 1, learnedCost: 1, onFront: false, onLearnedFront: true })
})

test('settings that were tuned on the study itself, or to the edge of a grid, are named', () => {
  const tuned = (over: object) => ({
    schedule: 'fullFineTune',
    rate: 3e-4,
    tuned: { on: ['elsewhere'], seeds: [101], grid: { rate: [1e-4, 3e-4, 1e-3] }, ...over },
  })
  const given = parseContenders({
    full: { schedule: 'fullFineTune' },
    head: tuned({}),
    rgn: tuned({ on: [INSTANCES[0]], seeds: [1] }),
    ppo: tuned({ grid: { rate: [1e-4, 3e-4] } }),
  })
  const found = summarizeStudy('x', CONFIG, given, outcomes, new Map())
  expect(found.contenders.map(({ remarks }) => remarks)).toEqual([
    [],
    [],
    ['tuned on 1 instance of this study, with seeds of it: its figure is that of a choice'],
    ['rate 0.0003 is at the edge of what was tried (0.0001, 0.0003)'],
  ])
  expect(pageOf(found)).toContain('rgn: tuned on 1 instance of this study')
  const open = parseContenders({ full: { schedule: 'fullFineTune', rate: 1e-4 } })
  const [only] = summarizeStudy('x', CONFIG, open, outcomes, new Map()).contenders
  expect(only.remarks).toEqual(["how its rates were chosen isn't said"])
})

test('the report is one page, the same bytes each time, with names as text', () => {
  const renamed = { ...summary, instances: ['<one>', ...INSTANCES.slice(1)] }
  const page = pageOf(renamed)
  expect(page).toBe(pageOf(renamed))
  expect(page).toContain('&lt;one&gt;')
  expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/)
  expect(page).toContain('Better than full: ppo')
  expect(page).toContain('On the Pareto front: rgn, head.')
  expect(page).toContain('corrected for 3 comparisons (Holm)')
})

test('a report of too little says so first', () => {
  const page = pageOf(summarize(outcomes.filter(({ instance }) => instance === INSTANCES[0])))
  expect(page).toContain('rgn has the highest mean accuracy here; so little supports no claim')
})

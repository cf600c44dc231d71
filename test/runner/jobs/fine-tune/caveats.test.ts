import { describe, expect, test } from 'vitest'
import type { Trial } from '../../../../src/agents/schedules/schedule.ts'
import type { Composition } from '../../../../src/runner/instances/instance.ts'
import type { SearchResult } from '../../../../src/runner/instances/schedule-search.ts'
import { testScore } from '../../../../src/runner/instances/test-scores.ts'
import type { ScheduleRun } from '../../../../src/runner/instances/trained.ts'
import { caveatsOf, runCaveats } from '../../../../src/runner/jobs/fine-tune/caveats.ts'
import { classTask } from '../../../support/tasks.ts'

const TASK = classTask(4)

const CLIPS = 80
const labels = Array.from({ length: CLIPS }, (_, i) => i % 4)
const composition = compositionWith({})

describe('final runs', () => {
  test('none where all are well, and none where one is merely lower', () => {
    expect(runCaveats(finals(0.6, 0.55, 0.65), composition)).toEqual([])
    expect(runCaveats(finals(0.6, 0.35, 0.65), composition)).toEqual([])
  })

  test('a seed at guessing while the others are far above it has collapsed', () => {
    const [caveat, ...others] = runCaveats(finals(0.6, 0.25, 0.65), composition)
    expect(others).toEqual([])
    expect(caveat).toEqual({
      kind: 'collapsed',
      text: '1 of 3 seeds ended at guessing',
      remedy: '--baseline-seeds 5',
    })
  })

  test('all at guessing: nothing was learned at this budget', () => {
    // A longer run is no remedy for what trains nothing.
    expect(runCaveats(finals(0.25, 0.25), composition, true)).toEqual([
      { kind: 'collapsed', text: 'no final run got beyond guessing' },
    ])
    expect(runCaveats(finals(0.25, 0.25), composition)).toEqual([
      { kind: 'collapsed', text: 'no final run got beyond guessing', remedy: '--budget-steps 72' },
    ])
  })

  test('those that diverged are counted', () => {
    const [good, bad] = finals(0.6, 0.6)
    const caveats = runCaveats([good, { ...bad, run: { ...bad.run, diverged: true } }], composition)
    expect(caveats).toEqual([{ kind: 'diverged', text: '1 of 2 final runs diverged' }])
  })
})

describe('searches', () => {
  test('a score that twice the budget raises, and a best rate at the edge, with the settings that find out', () => {
    const search = searched({ atEdge: true, longer: { run: runAt(0.7), rising: true, gain: 0.0912 } })
    expect(caveatsOf(search, finals(0.6, 0.6), composition)).toEqual([
      {
        kind: 'rising',
        text: 'not converged: twice the budget raises its score on the reward split by 9.1 points',
        remedy: '--budget-steps 72',
      },
      {
        kind: 'edge',
        text: 'its best rate, 1e-4, is the outermost that was tried',
        remedy: '--baseline-rates 5',
      },
    ])
  })

  test('where no more rates can be tried, none are asked for; of a frozen backbone the head’s rate is told', () => {
    const search = searched({ atEdge: true, trial: { rate: 0, headRate: 3e-3, length: 1 } })
    const [caveat] = caveatsOf(search, finals(0.6), compositionWith({ baselineRates: 9 }))
    expect(caveat).toEqual({ kind: 'edge', text: 'its best rate, 3e-3, is the outermost that was tried' })
  })

  test('converged within the grid: nothing', () => {
    const search = searched({ longer: { run: runAt(0.6), rising: false, gain: 0.01 } })
    expect(caveatsOf(search, finals(0.6), composition)).toEqual([])
  })
})

function searched(
  of: Partial<Pick<SearchResult, 'atEdge' | 'longer'>> & { readonly trial?: Trial },
): SearchResult {
  const { atEdge = false, longer, trial = { rate: 1e-4, headRate: 1e-3, length: 1 } } = of
  const chosen = { exponent: 0, trial, runs: [runAt(0.6)] }
  return { tried: [chosen], chosen, atEdge, ...(longer && { longer }) }
}

/** Runs with these shares of the test clips right, alike in all four classes. */
function finals(...shares: readonly number[]) {
  return shares.map((share, seed) => ({ seed, run: runAt(share) }))
}

function runAt(share: number): ScheduleRun {
  const right = Math.round((share * CLIPS) / 4)
  const predictions = labels.map((label, i) => (Math.floor(i / 4) < right ? label : (label + 1) % 4))
  const figures = { score: share, rewardLoss: 1, rewardPrimary: share, step: 1, flops: 1, seconds: 1 }
  const outcomes = {
    targets: labels,
    predictions: predictions.map(label => ({ label, probabilities: Float32Array.of() })),
    losses: labels.map(() => 1),
  }
  const test = { losses: outcomes.losses, points: [], score: testScore(TASK, outcomes) }
  return { ...figures, clipScores: [], curve: [], diverged: false, test }
}

function compositionWith(config: { readonly baselineRates?: number }): Composition {
  return {
    config: { budgetSteps: 36, baselineRates: 3, ...config },
    task: TASK,
  } as unknown as Composition
}

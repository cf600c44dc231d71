import { describe, expect, test } from 'vitest'
import { BASELINES } from '../../../src/agents/schedules/baselines.ts'
import type { Trial } from '../../../src/agents/schedules/schedule.ts'
import { rateLimits } from '../../../src/envs/finetune/actions.ts'
import { runsOf, searchSchedule } from '../../../src/runner/instances/schedule-search.ts'
import type { ScheduleRun } from '../../../src/runner/instances/trained.ts'

const limits = rateLimits(1e-4)

const runOf = (score: number, clips: readonly number[] = [score, score]): ScheduleRun => ({
  ...{ score, rewardLoss: 1, rewardPrimary: score, step: 1, clipScores: clips, curve: [], diverged: false },
  ...{ flops: 1, seconds: 1 },
})

/** Plays schedules whose score is a function of the exponent of three, the seed and the length. */
async function search(
  score: (exponent: number, seed: number, length: number) => number,
  { rates = 5, seeds = [1, 2], longer = false, clips = undefined as readonly number[] | undefined } = {},
) {
  const played: (readonly [exponent: number, seed: number, length: number])[] = []
  const result = await searchSchedule(BASELINES.fullFineTune, {
    ...{ limits, rates, seeds, longer },
    run: async ({ rate, length }: Trial, seed) => {
      const exponent = Math.round(Math.log(rate / 1e-4) / Math.log(3))
      played.push([exponent, seed, length])
      return runOf(score(exponent, seed, length), clips)
    },
  })
  return { ...result, played }
}

describe("a schedule's search", () => {
  test('goes on to the side where the best is the outermost, until it lies inside', async () => {
    const { chosen, atEdge, played } = await search(exponent => -((exponent + 2) ** 2))
    expect(chosen.exponent).toBe(-2)
    expect(atEdge).toBe(false)
    expect(played.filter(([, seed]) => seed === 1).map(([exponent]) => exponent)).toEqual([0, -1, 1, -2, -3])
  })

  test('says so where it ends at an edge, and not where the limits do', async () => {
    expect(await search(exponent => exponent, { rates: 4 })).toMatchObject({ atEdge: true })
    // 8.1e-3 is the highest rate below 1e-2.
    expect(await search(exponent => exponent, { rates: 9 })).toMatchObject({
      chosen: { exponent: 4 },
      atEdge: false,
    })
  })

  test('the best two run with the second seed, and the best mean is taken', async () => {
    // The first seed is lucky with the highest rate.
    const { chosen, played, tried } = await search((exponent, seed) =>
      exponent === 1 ? (seed === 1 ? 0.6 : 0.2) : exponent === 0 ? 0.5 : 0.3,
    )
    expect(played.filter(([, seed]) => seed === 2).map(([exponent]) => exponent)).toEqual([1, 0])
    expect(chosen.exponent).toBe(0)
    expect(tried.map(({ runs }) => runs.length)).toEqual([1, 2, 2, 1])
  })

  test('all rates have the same seeds, and one rate alone is not repeated', async () => {
    const { played } = await search(() => 0.5, { rates: 1 })
    expect(played).toEqual([[0, 1, 1]])
  })

  test('twice the budget tells whether it had converged: a gain beyond 2 points and beyond its noise', async () => {
    const gaining = (by: number) => (_: number, __: number, length: number) => (length === 2 ? 0.5 + by : 0.5)
    const rising = await search(gaining(0.03), { longer: true })
    expect(rising.longer).toMatchObject({ rising: true })
    expect(rising.longer?.gain).toBeCloseTo(0.03, 9)
    expect(rising.played.at(-1)).toEqual([0, 1, 2])
    expect(runsOf(rising)).toHaveLength(rising.played.length)
    expect((await search(gaining(0.01), { longer: true })).longer).toMatchObject({ rising: false })
  })
})

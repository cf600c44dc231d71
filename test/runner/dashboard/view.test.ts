import { expect, test } from 'vitest'
import { chartsOf } from '../../../src/runner/dashboard/charts.ts'
import { progressOf } from '../../../src/runner/dashboard/left.ts'
import { movesOverEpisodes } from '../../../src/runner/dashboard/moves.ts'
import { thinned } from '../../../src/runner/dashboard/points.ts'
import { Story } from '../../../src/runner/dashboard/story.ts'
import type { RunEvent } from '../../../src/runner/runs/events.ts'
import { episode, lineOf } from '../../support/told.ts'

function storyOf(events: readonly RunEvent[]): Story {
  const story = new Story()
  for (const [i, event] of events.entries()) story.take({ offset: i, text: lineOf(i + 1, event).trimEnd() })
  return story
}

const run = (key: string, score: number): RunEvent => ({
  ...{ type: 'run', key, score, rewardLoss: 1 - score, rewardPrimary: score, flops: 1, seconds: 1 },
})

test('thinned points keep mean, least, most and how many they stand for; what is not finite is left out', () => {
  const points = Array.from({ length: 10 }, (_, x) => ({ x, y: x === 3 ? Number.NaN : x, noise: x }))
  expect(thinned(points, 9)).toHaveLength(9)
  expect(thinned(points, 3)).toEqual([
    { x: 1, y: 1, low: 0, high: 2, of: 3, noise: 1 },
    { x: 5, y: 5, low: 4, high: 6, of: 3, noise: 5 },
    { x: 8, y: 8, low: 7, high: 9, of: 3, noise: 8 },
  ])
})

test('points that stand for several already weigh as many', () => {
  const points = [
    { x: 0, y: 0, low: -5, high: 5, of: 3 },
    { x: 4, y: 4 },
  ]
  expect(thinned(points, 1)).toEqual([{ x: 1, y: 1, low: -5, high: 5, of: 4 }])
})

test('returns come with their noise, scores and losses with the best of each baseline’s search', () => {
  const story = storyOf([
    run('search/lpFt/1.0e-4/1.0e-3/1/1', 0.4),
    run('search/lpFt/1.0e-3/1.0e-3/1/1', 0.6),
    run('lpFt/3', 0.9),
    episode(0),
    episode(1, { returnNoise: null as unknown as number }),
    episode(2, { failure: 'lost' }),
    episode(2, { kind: 'greedy' }),
  ])
  const [returns, score, loss] = chartsOf(story)
  expect(returns.series.map(({ name }) => name)).toEqual(['episodes', 'greedy run'])
  expect(returns.series[0].points).toEqual([
    { x: 1, y: 0, noise: 0.05 },
    { x: 2, y: 0.1 },
  ])
  expect(score.levels).toEqual([{ name: 'LP-FT', y: 0.6 }])
  expect(loss.levels).toEqual([{ name: 'LP-FT', y: 0.4 }])
})

test('training’s curve has the band of its returns, steps a second, and what the agent says', () => {
  const point = (step: number, returns: readonly number[]): RunEvent => ({
    type: 'point',
    point: {
      step,
      seconds: step / 50,
      returns,
      lengths: [],
      ends: [],
      updates: 1,
      report: { entropy: 1 / step, epochs: 10 },
    },
  })
  const story = storyOf([point(100, [1, 3]), point(200, []), point(300, [8])])
  const [returns, speed, entropy, ...rest] = chartsOf(story)
  expect(returns.series[0].points).toEqual([
    { x: 100, y: 2, low: 1, high: 3, of: 2 },
    { x: 300, y: 8, low: 8, high: 8, of: 1 },
  ])
  expect(speed.series[0].points.map(({ y }) => y)).toEqual([50, 50])
  expect(entropy).toMatchObject({ title: 'Entropy', about: 'agents' })
  expect(rest).toEqual([])
})

test('moves: the geometric mean of the rates of a group, and in which share of rounds it moved', () => {
  const { episodes } = storyOf([episode(0), episode(1), episode(2)])
  const heat = movesOverEpisodes(episodes, ['body', 'head'], 2)
  expect(heat?.columns).toEqual(['episodes 1 to 2', 'episode 3'])
  expect(heat?.rows).toEqual(['body', 'head'])
  expect(heat?.cells[0][0].rate).toBeCloseTo(1e-4)
  expect(heat?.cells[0][0].words).toBe('1e-4, moving in 50.0 % of rounds')
  expect(heat?.cells[1][0].words).toBe('1e-3, moving in 100.0 % of rounds')
})

test('what is left: by the recent ends, by steps a second, by the plan where there is one', () => {
  const phase = (name: string, total: number): RunEvent => ({ type: 'phase', phase: name, total })
  const playing = storyOf([phase('episodes', 10), episode(0), episode(1), episode(2)])
  expect(progressOf([playing], 0, 4000)).toEqual({ phase: 'episodes', done: 3, of: 10, secondsLeft: 7 })
  const training = storyOf([
    phase('steps', 1000),
    {
      type: 'point',
      point: { step: 250, seconds: 5, returns: [], lengths: [], ends: [], updates: 0, report: {} },
    },
  ])
  expect(progressOf([training], 0, 0)).toEqual({ phase: 'steps', done: 250, of: 1000, secondsLeft: 15 })
  const each = { least: 100, most: 100 }
  const plan: RunEvent = {
    ...{ type: 'plan', metric: 'accuracy', seconds: each },
    phases: [{ part: 'episodes', of: 'policy', solved: false, runs: { least: 4, most: 4 }, seconds: each }],
    steps: { seconds: { full: 1, head: 1, statistics: 1, evaluation: 1, headEvaluation: 1 } },
  }
  const planned = storyOf([plan, phase('episodes', 4), episode(0), episode(1)])
  // Two ends, 1.5 s each by the log's times.
  expect(progressOf([planned], 0, 4000)?.secondsLeft).toBeCloseTo(3)
})

test('time in which nobody worked on a run doesn’t count as taken', () => {
  const each = { least: 2, most: 2 }
  const story = new Story()
  const lines: readonly (readonly [number, RunEvent])[] = [
    [
      1,
      {
        ...{ type: 'plan', metric: 'accuracy', seconds: each },
        phases: [
          { part: 'episodes', of: 'policy', solved: false, runs: { least: 4, most: 4 }, seconds: each },
        ],
        steps: { seconds: { full: 1, head: 1, statistics: 1, evaluation: 1, headEvaluation: 1 } },
      },
    ],
    [2, { type: 'phase', phase: 'episodes', total: 4 }],
    [3, episode(0)],
    [100_000, episode(1)],
  ]
  for (const [seq, event] of lines) story.take({ offset: seq, text: lineOf(seq, event).trimEnd() })
  expect(progressOf([story], 0, 100_000_000)?.secondsLeft).toBeCloseTo(4)
})

test('units are what is counted where a phase has them; parts of a run count together', () => {
  const part = () => storyOf([{ type: 'phase', phase: 'outcomes', total: 6 }])
  expect(progressOf([part(), part()], 5, 0)).toEqual({ phase: 'outcomes', done: 5, of: 12 })
  expect(progressOf([new Story()], 0, 0)).toBeUndefined()
})

test('however long a run, its view is a few hundred points', () => {
  const { episodes, ...story } = storyOf(Array.from({ length: 10_000 }, (_, i) => episode(i)))
  const charts = chartsOf({ ...story, episodes } as Story)
  expect(charts[0].series[0].points.length).toBeLessThanOrEqual(240)
  expect(JSON.stringify(charts).length).toBeLessThan(100_000)
  expect(movesOverEpisodes(episodes, [], 80)?.columns).toHaveLength(80)
})

test('a line that is none is passed over', () => {
  const story = new Story()
  for (const text of ['{"seq":1', 'null', '{"type":3}', '\0\0\0']) story.take({ offset: 0, text })
  expect(story.offsets).toHaveLength(4)
  expect(story.last).toBeUndefined()
})

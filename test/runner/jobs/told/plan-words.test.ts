import { expect, test } from 'vitest'
import { leftWords, planWords } from '../../../../src/runner/jobs/told/plan-words.ts'
import type { Phase } from '../../../../src/runner/runs/phase.ts'

const exactly = (count: number) => ({ least: count, most: count })
const phases: readonly Phase[] = [
  { part: 'searches', of: 'linearProbe', solved: true, runs: exactly(1), seconds: exactly(4) },
  {
    ...{ part: 'searches', of: 'fullFineTune', solved: false },
    ...{ runs: { least: 7, most: 9 }, seconds: exactly(10) },
  },
  {
    ...{ part: 'episodes', of: 'policy', solved: false },
    ...{ runs: exactly(21), seconds: { least: 5, most: 12 } },
  },
  { part: 'final runs', of: 'policy', solved: false, runs: exactly(3), seconds: exactly(10) },
]

test('a plan is told in a line a part, with what it takes', () => {
  const seconds = { full: 0.31, head: 0.0204, statistics: 0.2, evaluation: 1.24, headEvaluation: 0 }
  const words = planWords({
    type: 'plan',
    phases,
    seconds: { least: 209, most: 376 },
    steps: { seconds },
    metric: 'accuracy',
  })
  expect(words.split('\n')).toEqual([
    'plan: about 3 to 6 min (a step takes 310 ms, one of the head alone 20 ms, statistics 200 ms, an evaluation 1.2 s)',
    '  searches of learning rates (a run of twice the budget counts two): linearProbe 1, fullFineTune 7 to 9; 70 s to 2 min',
    '  episodes, and a greedy run of what was learned: 21; 2 to 4 min',
    '  final runs, scored on the test split: policy 3; 30 s',
  ])
})

test.each([
  [0, 'nearly done'],
  [3.4, 'about 3 s left'],
  [44, 'about 40 s left'],
  [89, 'about 90 s left'],
  [250, 'about 4 min left'],
  [7200, 'about 2.0 h left'],
])('%d s are told as %s', (seconds, words) => {
  expect(leftWords(seconds)).toBe(words)
})

import { Rng } from '../../src/common/random.ts'
import { crossValidated, type Gram, linearHead } from './linear-head.ts'
import { type Answers, picked } from './quantities.ts'
import type { ShareRow } from './rows.ts'

const SHARES = [0.1, 0.16, 0.22, 0.3, 0.4] as const
const DRAWS = 3
const L2 = [1e-4, 1e-3, 1e-2, 1e-1, 1] as const
const FOLDS = 5

/**
 * What a probe's user gets who sets a share of the clips aside to choose L2 by: with the head that was chosen, fitted to
 * what is left, and with the same L2 fitted to all clips. A share of 0 stands for cross-validation, then all clips.
 * @param gram of `labels.length` clips that may be divided and of the test clips after them
 */
export function shareRows(
  gram: Gram,
  own: { readonly labels: readonly number[]; readonly recordings: readonly string[] },
  test: readonly number[],
  classes: number,
  judge: { readonly choose: (answers: Answers) => number; readonly score: (answers: Answers) => number },
): Omit<ShareRow, 'kind' | 'data' | 'network'>[] {
  const { labels, recordings } = own
  const all = labels.map((_, i) => i)
  const held = test.map((_, i) => labels.length + i)
  const both = [...labels, ...test]
  const answers = (train: readonly number[], l2: number): Answers => ({
    logs: linearHead(gram, both, train, classes, l2),
    labels: both,
  })
  const testOf = (of: Answers) => judge.score(picked(of, held))
  const onAll = L2.map(l2 => testOf(answers(all, l2)))
  const rows = SHARES.flatMap(share =>
    Array.from({ length: DRAWS }, (_, draw) => {
      const reward = divided(recordings, share, draw)
      const train = all.filter(i => !reward.includes(i))
      const fitted = L2.map(l2 => answers(train, l2))
      const at = best(fitted.map(of => judge.choose(picked(of, reward))))
      const tests = fitted.map(testOf)
      return { share, clips: reward.length, chosen: tests[at], most: Math.max(...tests), refitted: onAll[at] }
    }),
  )
  const validated = L2.map(l2 =>
    judge.choose({ logs: crossValidated(gram, labels, recordings, { folds: FOLDS, classes, l2 }), labels }),
  )
  const at = best(validated)
  return [
    ...rows,
    { share: 0, clips: labels.length, chosen: onAll[at], most: Math.max(...onAll), refitted: onAll[at] },
  ]
}

/** Recordings in random order until the share of the clips is reached. */
function divided(recordings: readonly string[], share: number, draw: number): number[] {
  const reward: number[] = []
  for (const recording of Rng.of(draw, 'share').shuffle([...new Set(recordings)])) {
    if (reward.length >= share * recordings.length) break
    for (const [i, other] of recordings.entries()) if (other === recording) reward.push(i)
  }
  return reward
}

function best(values: readonly number[]): number {
  return values.indexOf(Math.max(...values))
}

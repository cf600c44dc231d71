import { Rng } from '../../src/common/random.ts'
import { crossValidated, type Gram, leading, linearHead } from './linear-head.ts'
import { type Answers, picked } from './quantities.ts'
import type { HeadRow, ShareRow } from './rows.ts'

const L2 = [1e-4, 1e-3, 1e-2, 1e-1] as const
const SHARES = [0.1, 0.22, 0.35] as const
const DRAWS = 2
const FOLDS = 5

/** Clips of a data set in order: those that may be divided, the reward split last among them, then test. */
export interface Clips {
  readonly labels: readonly number[]
  readonly recordings: readonly string[]
  readonly reward: number
  readonly test: number
  readonly classes: number
}

/** What chooses, and what counts. */
export interface Judge {
  choose(answers: Answers): number
  score(answers: Answers): number
}

type Own<R> = Omit<R, 'kind' | 'data' | 'network'>

/** Heads with four L2 on the pretrained features: by the reward split, by cross-validation, and on test. */
export function probeRows(
  gram: Gram,
  clips: Clips,
  judge: Judge,
): { heads: Own<HeadRow>[]; shares: Own<ShareRow>[] } {
  const { labels, recordings, classes } = clips
  const divisible = labels.length - clips.test
  const held = range(divisible, labels.length)
  const answers = (train: readonly number[], l2: number): Answers => ({
    logs: linearHead(gram, labels, train, classes, l2),
    labels,
  })
  const testOf = (of: Answers) => judge.score(picked(of, held))

  const validated = L2.map(l2 => validatedBy(gram, clips, judge, l2))
  const reward = range(divisible - clips.reward, divisible)
  const heads = L2.map((l2, i) => {
    const of = answers(range(0, divisible - clips.reward), l2)
    const on = picked(of, reward)
    return {
      backbone: 'frozen',
      l2,
      reward: [judge.choose(on), judge.score(on)] as const,
      crossValidated: validated[i],
      test: testOf(of),
    }
  })

  const onAll = L2.map(l2 => testOf(answers(range(0, divisible), l2)))
  const shares = SHARES.flatMap(share =>
    range(0, DRAWS).map(draw => {
      const aside = divided(recordings.slice(0, divisible), share, draw)
      const fitted = L2.map(l2 =>
        answers(
          range(0, divisible).filter(i => !aside.includes(i)),
          l2,
        ),
      )
      const at = best(fitted.map(of => judge.choose(picked(of, aside))))
      const tests = fitted.map(testOf)
      return { share, clips: aside.length, chosen: tests[at], most: Math.max(...tests), refitted: onAll[at] }
    }),
  )
  const at = best(validated.map(([choose]) => choose))
  const byFolds = {
    share: 0,
    clips: divisible,
    chosen: onAll[at],
    most: Math.max(...onAll),
    refitted: onAll[at],
  }
  return { heads, shares: [...shares, byFolds] }
}

/** [what chooses, what counts] of heads that saw no clip of the recording; `gram` holds at least the divisible clips. */
export function validatedBy(gram: Gram, clips: Clips, judge: Judge, l2: number): readonly [number, number] {
  const divisible = clips.labels.length - clips.test
  const labels = clips.labels.slice(0, divisible)
  const recordings = clips.recordings.slice(0, divisible)
  const options = { folds: FOLDS, classes: clips.classes, l2 }
  const of = { logs: crossValidated(leading(gram, divisible), labels, recordings, options), labels }
  return [judge.choose(of), judge.score(of)]
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

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

import type { Clip } from '../../data/dataset.ts'
import { perItemOf, selectionOf } from '../../models/tasks/per-item.ts'
import type { Outcomes, Score, Task } from '../../models/tasks/task.ts'
import type { Trainee } from '../../models/trainee.ts'
import type { Evaluation } from './reward.ts'

/** An evaluation on the reward split, and what is needed to leave a clip out of it. Plain data. */
export interface Measurement {
  readonly evaluation: Evaluation<'reward'>
  /** Each clip's part of the score, [clips]. */
  readonly scores: Float64Array
  /** The evaluation's figures without each clip in turn, [clips] each; of one clip there are none. */
  readonly without: Omitted
}

interface Omitted {
  readonly loss: Float64Array
  readonly primary: Float64Array
  readonly score: Float64Array
  readonly parts: Readonly<Record<string, Float64Array>>
}

/** Scores the trainee's present weights on the reward split. */
export function measure(trainee: Trainee, clips: readonly Clip[]): Measurement {
  return measurementOf(trainee.task, trainee.evaluate(clips))
}

/** What the clips of the reward split came to, by the task. */
export function measurementOf<T, P>(task: Task<T, P>, outcomes: Outcomes<T, P>): Measurement {
  const score = task.score(outcomes)
  const { selection, without } = perItemOf(task, outcomes)
  const clips = outcomes.targets.length
  const left = clips > 1 ? Array.from({ length: clips }, (_, clip) => without(clip)) : []
  const column = (of: (score: Score) => number) => Float64Array.from(left, of)
  return {
    evaluation: evaluationOf(score),
    scores: selection,
    without: {
      loss: column(({ loss }) => loss),
      primary: column(({ primary }) => primary),
      score: column(selectionOf),
      parts: mapped(score.parts, (_, name) => column(({ parts }) => parts[name])),
    },
  }
}

/** Of a run that blew up: the bound stands for the loss and 0 for the score, whichever clips it was measured on. */
export function divergedMeasurement(measurement: Measurement, { worst }: Pick<Task, 'worst'>): Measurement {
  const { evaluation, scores, without } = measurement
  const n = without.loss.length - 1
  const nothing = without.loss.map(() => 0)
  return {
    evaluation: { ...evaluation, loss: worst, score: 0 },
    scores: scores.map(() => 0),
    without: {
      loss: without.loss.map(() => ((n + 1) * worst - worst) / n),
      primary: nothing,
      score: nothing,
      parts: mapped(without.parts, () => nothing),
    },
  }
}

/** The evaluation as it would have been on a reward split without this clip (of at least two). */
export function withoutClip({ without }: Measurement, clip: number): Evaluation<'reward'> {
  return {
    split: 'reward',
    loss: without.loss[clip],
    primary: without.primary[clip],
    score: without.score[clip],
    parts: mapped(without.parts, column => column[clip]),
  }
}

function evaluationOf(score: Score): Evaluation<'reward'> {
  const { loss, primary, parts } = score
  return { split: 'reward', loss, primary, parts, score: selectionOf(score) }
}

function mapped<A, B>(
  parts: Readonly<Record<string, A>>,
  to: (value: A, name: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, to(value, name)]))
}

import type { Clip } from '../../data/dataset.ts'
import type { Trainee } from '../../models/trainee.ts'
import { divergenceLoss, type Evaluation } from './reward.ts'
import { type ClipFigures, clipScores, meanOf } from './score.ts'

/** An evaluation on the reward split, and the figures of every clip that it is computed from. */
export interface Measurement extends ClipFigures {
  readonly evaluation: Evaluation<'reward'>
  /** Whether classes count alike, however many clips they have. */
  readonly balanced: boolean
  /** Each clip's part of the score, [clips]. */
  readonly scores: Float64Array
  /** By label. */
  readonly sums: ReadonlyMap<number, ClassSum>
}

/** Scores the trainee's present weights on the reward split. */
export function measure(trainee: Trainee, clips: readonly Clip[], balanced: boolean): Measurement {
  const { losses, predictions } = trainee.evaluate(clips)
  const labels = Int32Array.from(clips, clip => trainee.label(clip))
  return measurementOf(
    {
      losses: Float64Array.from(losses),
      correct: Uint8Array.from(labels, (label, i) => Number(label === predictions[i])),
      labels,
    },
    balanced,
  )
}

export function measurementOf(figures: ClipFigures, balanced: boolean): Measurement {
  const { losses, correct, labels } = figures
  const scores = clipScores(figures)
  const evaluation = {
    split: 'reward',
    loss: meanOf(losses, labels, false),
    accuracy: meanOf(correct, labels, false),
    balancedAccuracy: meanOf(correct, labels, true),
    score: meanOf(scores, labels, balanced),
  } as const
  return { ...figures, scores, balanced, evaluation, sums: sumsOf(figures, scores) }
}

/** Of a run that blew up: the bound stands for the loss and 0 for the score, whichever clips it was measured on. */
export function divergedMeasurement(measurement: Measurement, classes: number): Measurement {
  const loss = divergenceLoss(classes)
  const { sums, evaluation } = measurement
  return {
    ...measurement,
    evaluation: { ...evaluation, loss, score: 0 },
    losses: measurement.losses.map(() => loss),
    correct: measurement.correct.map(() => 0),
    scores: measurement.scores.map(() => 0),
    sums: new Map([...sums].map(([label, { count }]) => [label, { count, correct: 0, score: 0 }])),
  }
}

/** The evaluation as it would have been on a reward split without this clip (of at least two). */
export function withoutClip(measurement: Measurement, clip: number): Evaluation<'reward'> {
  const { evaluation, losses, correct, labels, scores, sums, balanced } = measurement
  const n = losses.length - 1
  const own = { count: 1, correct: correct[clip], score: scores[clip] }
  const all = { correct: 0, score: 0 }
  const ofClasses = { correct: 0, score: 0, count: 0 }
  for (const [label, of] of sums) {
    const left = label === labels[clip] ? minus(of, own) : of
    all.correct += left.correct
    all.score += left.score
    if (left.count === 0) continue
    ofClasses.count++
    ofClasses.correct += left.correct / left.count
    ofClasses.score += left.score / left.count
  }
  return {
    split: 'reward',
    loss: ((n + 1) * evaluation.loss - losses[clip]) / n,
    accuracy: all.correct / n,
    balancedAccuracy: ofClasses.correct / ofClasses.count,
    score: balanced ? ofClasses.score / ofClasses.count : all.score / n,
  }
}

interface ClassSum {
  readonly count: number
  readonly correct: number
  readonly score: number
}

/** Of each class: leaving a clip out then takes as long as there are classes, not clips. */
function sumsOf(figures: ClipFigures, scores: Float64Array): ReadonlyMap<number, ClassSum> {
  const sums = new Map<number, ClassSum>()
  figures.labels.forEach((label, clip) => {
    const { count, correct, score } = sums.get(label) ?? { count: 0, correct: 0, score: 0 }
    sums.set(label, {
      count: count + 1,
      correct: correct + figures.correct[clip],
      score: score + scores[clip],
    })
  })
  return sums
}

function minus(a: ClassSum, b: ClassSum): ClassSum {
  return { count: a.count - b.count, correct: a.correct - b.correct, score: a.score - b.score }
}

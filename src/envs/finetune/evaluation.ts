import type { Clip } from '../../data/dataset.ts'
import type { Trainee } from '../../models/trainee.ts'
import { divergenceLoss, type Evaluation } from './reward.ts'
import { type ClipFigures, meanOf, scoreOf } from './score.ts'

/** An evaluation on the reward split, and the figures of every clip that it is computed from. */
export interface Measurement extends ClipFigures {
  readonly evaluation: Evaluation<'reward'>
  /** Whether classes count alike, however many clips they have. */
  readonly balanced: boolean
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
  return { ...figures, balanced, evaluation: evaluationOf(figures, balanced) }
}

/** Of a run that blew up: the bound stands for the loss and 0 for the score, whichever clips it was measured on. */
export function divergedMeasurement(measurement: Measurement, classes: number): Measurement {
  const loss = divergenceLoss(classes)
  return {
    ...measurement,
    evaluation: { ...measurement.evaluation, loss, score: 0 },
    losses: measurement.losses.map(() => loss),
    correct: measurement.correct.map(() => 0),
  }
}

/** The evaluation as it would have been on a reward split without this clip (of at least two). */
export function withoutClip(measurement: Measurement, clip: number): Evaluation<'reward'> {
  const others = { balanced: measurement.balanced, ...without(measurement, clip) }
  return evaluationOf(others, measurement.balanced)
}

function evaluationOf(figures: ClipFigures, balanced: boolean): Evaluation<'reward'> {
  const { losses, correct, labels } = figures
  return {
    split: 'reward',
    loss: meanOf(losses, labels, false),
    accuracy: meanOf(correct, labels, false),
    balancedAccuracy: meanOf(correct, labels, true),
    score: scoreOf(figures, balanced),
  }
}

function without({ losses, correct, labels }: ClipFigures, clip: number): ClipFigures {
  const others = (_: number, i: number) => i !== clip
  return { losses: losses.filter(others), correct: correct.filter(others), labels: labels.filter(others) }
}

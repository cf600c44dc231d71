import type { Clip } from '../../data/dataset.ts'
import type { Trainee } from '../../models/trainee.ts'
import { divergenceLoss, type Evaluation } from './reward.ts'

/** An evaluation on the reward split, and what it is the mean of. Both arrays: [clips], in the split's order. */
export interface Measurement {
  readonly evaluation: Evaluation<'reward'>
  /** Cross-entropy, nats. */
  readonly losses: Float64Array
  /** 1 where the prediction is the label. */
  readonly correct: Uint8Array
}

/** Scores the trainee's present weights on the reward split. */
export function measure(trainee: Trainee, clips: readonly Clip[]): Measurement {
  const { losses, predictions } = trainee.evaluate(clips)
  return measurementOf(
    Float64Array.from(losses),
    Uint8Array.from(clips, (clip, i) => Number(trainee.label(clip) === predictions[i])),
  )
}

export function measurementOf(losses: Float64Array, correct: Uint8Array): Measurement {
  const loss = losses.reduce((a, b) => a + b, 0) / losses.length
  const accuracy = correct.reduce((a, b) => a + b, 0) / correct.length
  return { evaluation: { split: 'reward', loss, accuracy }, losses, correct }
}

/** Of a run that blew up: the bound stands for the loss, whichever clips it was measured on. */
export function divergedMeasurement(
  { evaluation, losses, correct }: Measurement,
  classes: number,
): Measurement {
  const loss = divergenceLoss(classes)
  return { evaluation: { ...evaluation, loss }, losses: losses.map(() => loss), correct }
}

/** The evaluation as it would have been on a reward split without this clip (of at least two). */
export function withoutClip(
  { evaluation, losses, correct }: Measurement,
  clip: number,
): Evaluation<'reward'> {
  const n = losses.length
  return {
    split: 'reward',
    loss: (n * evaluation.loss - losses[clip]) / (n - 1),
    accuracy: (n * evaluation.accuracy - correct[clip]) / (n - 1),
  }
}

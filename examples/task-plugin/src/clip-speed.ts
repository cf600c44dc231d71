import {
  type Clip,
  LayergymError,
  type Outcomes,
  type Outputs,
  type Task,
  type TaskDefinition,
  tf,
} from 'layergym'

/** What is kept of the train split; a saved model carries it. Pixels a second. */
export interface SpeedFacts {
  readonly mean: number
  readonly deviation: number
  /** Mean distance from the mean: what a model that guesses is off by. */
  readonly spread: number
  /** From the slowest to the fastest. */
  readonly range: number
}

/** How fast something in a clip moves, whatever the direction: the label is a number of pixels a second, as text. */
export const clipSpeed: TaskDefinition<SpeedFacts> = {
  description: 'a number a clip: how fast something in it moves',
  check({ path, clips }) {
    for (const clip of clips) speedOf(clip)
    if (new Set(clips.map(speedOf)).size < 2)
      throw new LayergymError(
        'input',
        'clip-speed.constant',
        `all clips of ${path} are of one speed: give others`,
      )
  },
  facts({ train }) {
    const speeds = train.map(speedOf)
    const mean = meanOf(speeds)
    return {
      mean,
      deviation: Math.sqrt(meanOf(speeds.map(speed => (speed - mean) ** 2))) || 1,
      spread: meanOf(speeds.map(speed => Math.abs(speed - mean))),
      range: Math.max(...speeds) - Math.min(...speeds) || 1,
    }
  },
  // Fifths of the clips, by rank: each split gets slow ones and fast ones.
  stratum({ clips }) {
    const sorted = [...clips].sort((a, b) => speedOf(a) - speedOf(b))
    const parts = Math.max(1, Math.min(5, Math.floor(clips.length / 8)))
    const part = new Map(sorted.map((clip, rank) => [clip.id, Math.floor((rank * parts) / clips.length)]))
    return clip => `fifth ${part.get(clip.id)}`
  },
  create: facts => new ClipSpeed(facts),
}

/** The network gives standardised speeds: 0 is the mean of the train split, 1 a deviation above it. */
class ClipSpeed implements Task<number, number> {
  readonly id = 'clip-speed'
  readonly description = clipSpeed.description
  readonly metric = 'closeness'
  readonly parts = [{ key: 'meanAbsoluteError', name: 'mean absolute error', unit: 'px/s' }]
  readonly head = { units: 1, activation: 'linear' as const, start: Float32Array.of(0) }
  /** In squared deviations: guessing the mean costs 1. */
  readonly chance = 1
  readonly worst = 9
  readonly guessing: number

  constructor(private readonly facts: SpeedFacts) {
    this.guessing = 1 - facts.spread / facts.range
  }

  target(clip: Clip): number {
    return speedOf(clip)
  }

  loss({ values }: Outputs, speeds: readonly number[]): tf.Tensor1D {
    const { mean, deviation } = this.facts
    const wanted = tf.tensor1d(speeds.map(speed => (speed - mean) / deviation))
    return tf.squaredDifference(tf.reshape(values, [-1]), wanted) as tf.Tensor1D
  }

  predict({ values }: Outputs): readonly number[] {
    const { mean, deviation } = this.facts
    return Array.from(values.dataSync(), value => mean + deviation * value)
  }

  score({ targets, predictions, losses }: Outcomes<number, number>) {
    const errors = targets.map((speed, i) => Math.abs(predictions[i] - speed))
    return {
      primary: meanOf(errors.map(error => Math.max(0, 1 - error / this.facts.range))),
      loss: meanOf(losses),
      parts: { meanAbsoluteError: meanOf(errors) },
    }
  }

  answer(speed: number) {
    return { speed }
  }

  words(speed: number): string {
    return `${speed.toFixed(1)} px/s`
  }
}

function speedOf({ id, label }: Clip): number {
  const speed = Number(label)
  if (label.trim() !== '' && Number.isFinite(speed) && speed >= 0) return speed
  throw new LayergymError(
    'input',
    'clip-speed.label',
    `${id} is labelled '${label}': give its speed in pixels a second, a number of at least 0`,
  )
}

function meanOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
}

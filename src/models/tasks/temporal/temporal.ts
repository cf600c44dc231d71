import type { Frame } from '../../../common/canvas.ts'
import { inputError } from '../../../common/error.ts'
import type { Clip, Dataset, Item } from '../../../data/dataset.ts'
import { annotatedStratum } from '../../../data/strata.ts'
import { tf } from '../../tf.ts'
import { priorOf, weightsAlike } from '../class-balance.ts'
import { labelIndex, refuseUnknown } from '../labels.ts'
import { jackknife } from '../per-item.ts'
import { addSegments, type SegmentCounts, segmentScore, UNLABELLED, withoutSegments } from '../segments.ts'
import type { Drawing, Stretch } from '../shown.ts'
import type { Balance, Outcomes, Outputs, PerItem, Score, Task, TaskData, TaskDefinition } from '../task.ts'
import { temporalDetails } from './details.ts'
import { drawMoment } from './draw.ts'
import { less, segmentsOf, sumOf, type WindowFigures, windowsOf } from './figures.ts'
import type { MomentsPrediction, MomentsTarget } from './moments.ts'
import { joinedWindows, rounded, runsOf } from './recordings.ts'
import { inWindows, windowSeconds } from './windows.ts'

/** What is known of the data that a model of moments was made for. */
export interface TemporalFacts {
  readonly classes: readonly string[]
  /** Seconds of each class in the train split, [C]. */
  readonly seconds: readonly number[]
  /** Of a window. */
  readonly window: number
  readonly frames: number
  readonly balance: Balance
}

/** A label for each moment of a long recording, window by window. */
export const temporalSegmentation: TaskDefinition<TemporalFacts> = {
  description: 'a label for each moment of a long recording (frame accuracy, edit score, F1)',
  needs: 'recordings, and segments.csv: when what happens, in seconds',
  check: checkSegments,
  pieces: (dataset, { frames, seconds, known }) =>
    inWindows(dataset, known?.window ?? windowSeconds(dataset, frames), seconds),
  facts({ dataset, train, input, balance }: TaskData) {
    const classes = dataset.segmentClasses ?? []
    const seconds = classes.map(name =>
      train.reduce((sum, { annotation, start = 0, end = Number.POSITIVE_INFINITY }) => {
        const own = annotation?.segments?.filter(({ label }) => label === name) ?? []
        const within = (at: number) => Math.min(end, Math.max(start, at))
        return sum + own.reduce((all, segment) => all + within(segment.end) - within(segment.start), 0)
      }, 0),
    )
    const { frames } = input
    return { classes, seconds, window: windowSeconds(dataset, frames), frames, balance }
  },
  create: facts => new TemporalSegmentation(facts),
  balances: ['weights'],
  augmentation: 'temporal',
  stratum: annotatedStratum,
  defaults: { frames: 32 },
  continues: (saved, facts) => JSON.stringify(saved.classes) === JSON.stringify(facts.classes),
}

/** Truncated mean squared error of neighbours' log-probabilities against over-segmentation (MS-TCN: Farha & Gall 2019). */
const SMOOTHING = 0.15
const TRUNCATED = 16

class TemporalSegmentation implements Task<MomentsTarget, MomentsPrediction> {
  readonly id = 'temporal-segmentation'
  readonly description = temporalSegmentation.description
  readonly metric = 'frame accuracy'
  readonly parts = [
    { key: 'edit', name: 'edit score', unit: 'share' },
    { key: 'f1At10', name: 'F1@10', unit: 'share' },
    { key: 'f1At25', name: 'F1@25', unit: 'share' },
    { key: 'f1At50', name: 'F1@50', unit: 'share' },
  ] as const
  readonly head: Task['head']
  readonly worst: number
  readonly chance: number
  readonly guessing: number
  readonly selectionFrom = 'half frame accuracy, half the mean probability of the true class'
  readonly intervalFrom = 'the frames of each window'
  private readonly indexOf: ReturnType<typeof labelIndex>
  private readonly weights: readonly number[] | undefined

  constructor(private readonly facts: TemporalFacts) {
    const { classes, seconds, balance } = facts
    this.indexOf = labelIndex(classes, 'has a segment labelled')
    this.weights = balance === 'weights' ? weightsAlike(seconds) : undefined
    const units = classes.length
    this.head = { units, activation: 'softmax', start: priorOf(seconds, balance), reads: 'frames' }
    this.chance = Math.log(units)
    this.worst = 3 * this.chance
    const all = seconds.reduce((a, b) => a + b, 0)
    this.guessing = Math.min(0.99, all === 0 ? 1 / units : Math.max(...seconds) / all)
  }

  target({ id, path, truth, start = 0, end }: Item): MomentsTarget {
    if (truth === undefined)
      throw inputError(
        'task.segments',
        `${id} has no segments: temporal-segmentation is scored on annotated recordings`,
      )
    const labels = Int32Array.from(truth, ({ moment }) =>
      moment === undefined ? UNLABELLED : this.indexOf(moment, id),
    )
    return { labels, recording: path, start, end: end ?? start + this.facts.window }
  }

  loss({ values, activated }: Outputs, targets: readonly MomentsTarget[]): tf.Tensor1D {
    const { units } = this.head
    const [batch, frames] = values.shape
    const logProbabilities = activated ? tf.log(tf.clipByValue(values, 1e-7, 1)) : tf.logSoftmax(values)
    const shares = new Float32Array(batch * frames * units)
    targets.forEach(({ labels }, clip) => {
      const known = labels.reduce((sum, label) => sum + (label === UNLABELLED ? 0 : 1), 0)
      labels.forEach((label, t) => {
        if (label === UNLABELLED) return
        shares[(clip * frames + t) * units + label] = (this.weights?.[label] ?? 1) / known
      })
    })
    const own = tf.neg(tf.sum(tf.mul(tf.tensor(shares, [batch, frames, units]), logProbabilities), [1, 2]))
    if (frames < 2) return own as tf.Tensor1D
    return tf.add(own, tf.mul(SMOOTHING, roughness(logProbabilities))) as tf.Tensor1D
  }

  predict({ values, activated }: Outputs): readonly MomentsPrediction[] {
    const [batch, frames, units] = values.shape
    return tf.tidy(() => {
      const probabilities = (activated ? values : tf.softmax(values)).dataSync() as Float32Array
      const labels = tf.argMax(values, -1).dataSync() as Int32Array
      return Array.from({ length: batch }, (_, clip) => ({
        labels: labels.slice(clip * frames, (clip + 1) * frames),
        probabilities: probabilities.slice(clip * frames * units, (clip + 1) * frames * units),
      }))
    }) as unknown as readonly MomentsPrediction[]
  }

  score(outcomes: Outcomes<MomentsTarget, MomentsPrediction>): Score {
    const windows = windowsOf(outcomes, this.head.units)
    return this.scoreOf(sumOf(windows), addSegments([...segmentsOf(outcomes).values()]))
  }

  /** What a window adds to frame accuracy; edit score and F1 are of whole recordings, without the one it belongs to. */
  perItem(outcomes: Outcomes<MomentsTarget, MomentsPrediction>): PerItem {
    const windows = windowsOf(outcomes, this.head.units)
    const sum = sumOf(windows)
    const recordings = segmentsOf(outcomes)
    const segments = addSegments([...recordings.values()])
    return jackknife(this.scoreOf(sum, segments), windows.length, item => {
      const own = recordings.get(outcomes.targets[item].recording)
      const others = own === undefined || recordings.size < 2 ? segments : withoutSegments(segments, own)
      return this.scoreOf(less(sum, windows[item]), others)
    })
  }

  join(windows: readonly MomentsPrediction[], pieces: readonly Clip[]): MomentsPrediction {
    return joinedWindows(windows, pieces, this.facts)
  }

  answer(prediction: MomentsPrediction) {
    const { times } = prediction
    return {
      segments: this.runs(prediction).map(({ from, to, ...said }) => ({
        ...said,
        ...(times === undefined ? { from, to } : { start: rounded(times[from]), end: rounded(times[to]) }),
      })),
    }
  }

  timeline(prediction: MomentsPrediction): readonly Stretch[] {
    const { labels, times = Array.from({ length: labels.length + 1 }, (_, t) => t) } = prediction
    return this.runs(prediction).map(({ from, to, ...said }) => {
      return { start: times[from], end: times[to], ...said }
    })
  }

  /** What is said from one frame up to another, and how surely. */
  private runs(prediction: MomentsPrediction) {
    return runsOf(prediction.labels).map(({ label, from, to }) => ({
      label: this.facts.classes[label],
      probability: certaintyOf(prediction, from, to),
      from,
      to,
    }))
  }

  draw(picture: Frame, { of, frame }: Drawing<MomentsTarget, MomentsPrediction>): Frame | undefined {
    const { classes } = this.facts
    if ('target' in of) {
      const { labels } = of.target
      return labels[frame] === UNLABELLED ? undefined : drawMoment(picture, labels, { frame, classes })
    }
    const probability = certaintyOf(of.prediction, frame, frame + 1)
    return drawMoment(picture, of.prediction.labels, { frame, classes, probability })
  }

  details({ targets, predictions }: Outcomes<MomentsTarget, MomentsPrediction>) {
    const windows = targets.map((target, i) => ({ ...target, found: predictions[i].labels }))
    return temporalDetails(windows, this.facts.classes)
  }

  words({ labels }: MomentsPrediction): string {
    const { classes } = this.facts
    return runsOf(labels)
      .map(({ label }) => classes[label])
      .join(' → ')
  }

  private scoreOf(sum: WindowFigures, segments: SegmentCounts): Score {
    const { edit = 0, f1 } = segmentScore(segments)
    const accuracy = sum.known === 0 ? 0 : sum.correct / sum.known
    const certainty = sum.known === 0 ? 0 : sum.certainty / sum.known
    return {
      primary: accuracy,
      selection: (accuracy + certainty) / 2,
      loss: sum.loss / sum.windows,
      parts: { edit, f1At10: f1[0] ?? 0, f1At25: f1[1] ?? 0, f1At50: f1[2] ?? 0 },
    }
  }
}

/** Mean probability of what is said, over moments of one label. */
function certaintyOf({ labels, probabilities }: MomentsPrediction, from: number, to: number): number {
  const units = probabilities.length / labels.length
  const own = Array.from({ length: to - from }, (_, i) => probabilities[(from + i) * units + labels[from]])
  return own.reduce((a, b) => a + b, 0) / own.length
}

/** [B]: of each clip the mean over its frames but the first. */
function roughness(logProbabilities: tf.Tensor): tf.Tensor {
  const [batch, frames, units] = logProbabilities.shape
  const later = tf.slice(logProbabilities, [0, 1, 0], [batch, frames - 1, units])
  const earlier = tf.slice(logProbabilities, [0, 0, 0], [batch, frames - 1, units])
  const squares = tf.squaredDifference(later, earlier)
  return tf.mean(tf.minimum(squares, TRUNCATED), [1, 2])
}

/** @throws input error for data without segments, or with classes that the model doesn't know */
function checkSegments({ path, segmentClasses = [] }: Dataset, known?: TemporalFacts): void {
  if (segmentClasses.length < 2 && known === undefined)
    throw inputError(
      'data.no-segments',
      `${path} has ${segmentClasses.length === 0 ? 'no segments' : 'segments of one label only'}, and temporal-segmentation learns from them: give segments.csv (path,start,end,label in seconds) beside the recordings`,
    )
  if (known !== undefined) refuseUnknown('segments', segmentClasses, known.classes)
}

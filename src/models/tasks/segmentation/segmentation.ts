import { concatenated } from '../../../common/arrays.ts'
import type { Frame } from '../../../common/canvas.ts'
import { inputError } from '../../../common/error.ts'
import type { Dataset, Item } from '../../../data/dataset.ts'
import { annotatedStratum } from '../../../data/strata.ts'
import { segmentationHead } from '../../dense-heads.ts'
import { tf } from '../../tf.ts'
import { weightsAlike } from '../class-balance.ts'
import { countPixels, noPixels, type PixelCounts, segmentationScore, withoutPixels } from '../mean-iou.ts'
import { jackknife, rememberedFigures } from '../per-item.ts'
import type { Detail, Drawing } from '../shown.ts'
import { stridesOf } from '../strides.ts'
import type {
  Balance,
  MapsHead,
  Outcomes,
  Outputs,
  PerItem,
  Score,
  Task,
  TaskData,
  TaskDefinition,
} from '../task.ts'
import { type Cells, cellsOf, classesOfPixels } from './cells.ts'
import { drawMask } from './draw.ts'

/** What a segmenter knows of the data that it was made for. */
export interface SegmentationFacts {
  readonly classes: readonly string[]
  /** [height, width] of the network's input. */
  readonly size: readonly [number, number]
  readonly strides: readonly number[]
  /** Shares of the train split's pixels, [C]. */
  readonly shares: readonly number[]
  readonly balance: Balance
}

/** Class of each pixel of each frame. */
export interface SegmentationPrediction {
  /** [T][H·W] */
  readonly masks: readonly Uint8Array[]
  /** [T, h, w, C] of the cells that they were made from. */
  readonly probabilities: Float32Array
}

export interface SegmentationTarget {
  /** [T][H·W]; undefined where nothing is known of a frame. */
  readonly masks: readonly (Uint8Array | undefined)[]
  readonly cells: Cells
}

/** The finest is where classes are told; the coarsest tells what the whole picture is. */
const STRIDES = [8, 16]

/** A class for each pixel of every frame; the loss is cross-entropy a cell, in nats, its target the cell's mixture. */
export const sceneSegmentation: TaskDefinition<SegmentationFacts> = {
  description: 'a class for each pixel of every frame (mean IoU)',
  needs: 'pictures with masks: labels.csv with a column mask',
  check: checkMasks,
  facts({ dataset, train, input, balance }: TaskData) {
    const classes = dataset.maskClasses ?? []
    const counts = classes.map((_, label) =>
      train.reduce((sum, { annotation }) => sum + (annotation?.mask?.counts[label] ?? 0), 0),
    )
    const all = counts.reduce((a, b) => a + b, 0)
    const { size } = input
    const strides = stridesOf(input.strides, STRIDES, 'scene-segmentation')
    const shares = counts.map(count => (all === 0 ? 1 / classes.length : count / all))
    return { classes, size, strides, shares, balance }
  },
  create: facts => new SceneSegmentation(facts),
  balances: ['weights'],
  augmentation: 'segmentation',
  stratum: annotatedStratum,
  defaults: { frames: 1, fit: 'stretch', side: 224, learningRate: 1e-3 },
  continues: (saved, facts) =>
    JSON.stringify([saved.classes, saved.strides]) === JSON.stringify([facts.classes, facts.strides]),
}

class SceneSegmentation implements Task<SegmentationTarget, SegmentationPrediction> {
  readonly id = 'scene-segmentation'
  readonly description = sceneSegmentation.description
  readonly metric = 'mean IoU'
  readonly parts: Task['parts']
  readonly head: Task['head']
  readonly worst: number
  readonly chance: number
  readonly guessing: number
  readonly selectionFrom = "half mean IoU, half the mean probability of pixels' true class"
  private readonly weights: readonly number[] | undefined
  private readonly figures = rememberedFigures(
    (target: SegmentationTarget, prediction: SegmentationPrediction) =>
      itemFigures(target, prediction, this.head.units),
  )

  constructor(private readonly facts: SegmentationFacts) {
    const { classes, strides, shares, balance } = facts
    const units = classes.length
    this.weights = balance === 'weights' ? weightsAlike(shares) : undefined
    const start =
      balance === 'none' ? shares.map(share => Math.log(Math.max(share, LEAST_SHARE))) : shares.map(() => 0)
    const guess = Float32Array.from(start)
    const build: MapsHead['build'] = (maps, { rng }) =>
      segmentationHead(maps, { units, strides, start: guess, rng })
    this.head = { units, activation: 'linear', start: guess, reads: { strides, build } }
    this.chance = Math.log(units)
    this.worst = 3 * this.chance
    // One class everywhere: it alone has an IoU above 0.
    this.guessing = Math.max(...shares) / units
    this.parts = [
      { key: 'pixelAccuracy', name: 'pixel accuracy', unit: 'share' },
      ...classes.map((name, i) => ({ key: `iou${i}`, name: `IoU of ${name}`, unit: 'share' })),
    ]
  }

  target({ id, truth }: Item): SegmentationTarget {
    const masks = truth?.map(({ mask }) => mask)
    if (masks === undefined || masks.every(mask => mask === undefined))
      throw inputError('task.mask', `${id} has no mask: scene-segmentation is scored on annotated clips`)
    const { size, strides, classes } = this.facts
    let cells: Cells | undefined
    return {
      masks,
      get cells() {
        cells ??= cellsOf(masks, size, strides[0], classes.length)
        return cells
      },
    }
  }

  loss({ values }: Outputs, targets: readonly SegmentationTarget[]): tf.Tensor1D {
    const { weights } = this
    const clips = targets.map(({ cells }) => {
      const known = Math.max(cells.known, 1e-6)
      return cells.shares.map((share, i) => (share * (weights?.[i % weights.length] ?? 1)) / known)
    })
    const shape = [targets.length, values.size / targets.length / this.head.units, this.head.units] as const
    const shares = tf.tensor(concatenated(clips), [...shape])
    const logProbabilities = tf.logSoftmax(tf.reshape(values, [...shape]))
    return tf.neg(tf.sum(tf.mul(shares, logProbabilities), [1, 2])) as tf.Tensor1D
  }

  predict({ values }: Outputs): readonly SegmentationPrediction[] {
    const [batch, frames] = values.shape
    const { size, strides } = this.facts
    const { units } = this.head
    const logits = values.dataSync() as Float32Array
    const probabilities = tf.tidy(() => tf.softmax(values).dataSync()) as Float32Array
    const frame = logits.length / batch / frames
    return Array.from({ length: batch }, (_, clip) => ({
      masks: Array.from({ length: frames }, (_, t) => {
        const from = (clip * frames + t) * frame
        return classesOfPixels(logits.subarray(from, from + frame), size, strides[0], units)
      }),
      probabilities: probabilities.slice(clip * frames * frame, (clip + 1) * frames * frame),
    }))
  }

  score(outcomes: Outcomes<SegmentationTarget, SegmentationPrediction>): Score {
    return this.scoreOf(total(this.figures(outcomes)))
  }

  perItem(outcomes: Outcomes<SegmentationTarget, SegmentationPrediction>): PerItem {
    const items = this.figures(outcomes)
    const sum = total(items)
    return jackknife(this.scoreOf(sum), items.length, item => this.scoreOf(less(sum, items[item])))
  }

  answer({ masks }: SegmentationPrediction) {
    return { frames: masks.map(mask => ({ shares: this.sharesOf(mask) })) }
  }

  words({ masks }: SegmentationPrediction): string {
    const shares = Object.entries(this.sharesOf(masks[0])).sort(([, a], [, b]) => b - a)
    return shares
      .slice(0, 3)
      .map(([name, share]) => `${name} ${(100 * share).toFixed(0)} %`)
      .join(', ')
  }

  draw(
    picture: Frame,
    { of, frame, geometry }: Drawing<SegmentationTarget, SegmentationPrediction>,
  ): Frame | undefined {
    const { masks } = 'target' in of ? of.target : of.prediction
    const mask = masks[frame]
    return mask && drawMask(picture, mask, { classes: this.facts.classes, geometry })
  }

  details(outcomes: Outcomes<SegmentationTarget, SegmentationPrediction>): readonly Detail[] {
    const { iou } = segmentationScore(total(this.figures(outcomes)).pixels)
    const bars = this.facts.classes.map((name, i) => ({ name, share: iou[i] ?? null }))
    const text = "A class's pixels that are found and right, of all that are its or taken for it."
    return [{ kind: 'bars', title: 'IoU by class', text, of: 'IoU', bars }]
  }

  private sharesOf(mask: Uint8Array): Readonly<Record<string, number>> {
    const { classes } = this.facts
    const counts = classes.map(() => 0)
    for (const value of mask) counts[value]++
    return Object.fromEntries(classes.map((name, i) => [name, counts[i] / mask.length]))
  }

  private scoreOf({ pixels, loss, items, certainty }: Sum): Score {
    const { meanIou = 0, pixelAccuracy = 0, iou } = segmentationScore(pixels)
    return {
      primary: meanIou,
      selection: (meanIou + certainty / items) / 2,
      loss: loss / items,
      parts: { pixelAccuracy, ...Object.fromEntries(iou.map((own, i) => [`iou${i}`, own ?? 0])) },
    }
  }
}

/** Of pixels in the train split: a class with fewer isn't held to be rarer than that. */
const LEAST_SHARE = 1e-4

/** One clip's part of a score; scores are of their sums. */
interface ItemFigures {
  readonly pixels: PixelCounts
  /** Mean probability of the true class. */
  readonly certainty: number
}

interface Figures extends ItemFigures {
  readonly loss: number
}

interface Sum extends Figures {
  readonly items: number
}

function itemFigures(
  { masks, cells }: SegmentationTarget,
  prediction: SegmentationPrediction,
  classes: number,
): ItemFigures {
  const pixels = noPixels(classes)
  masks.forEach((mask, t) => {
    if (mask !== undefined) countPixels(pixels, mask, prediction.masks[t])
  })
  const certainty = cells.shares.reduce((sum, share, at) => sum + share * prediction.probabilities[at], 0)
  return { pixels, certainty: certainty / Math.max(cells.known, 1e-6) }
}

function total(items: readonly Figures[]): Sum {
  const sum = (of: (item: Figures) => number) => items.reduce((all, item) => all + of(item), 0)
  const pixels = items[0].pixels.map((_, at) => sum(item => item.pixels[at]))
  return {
    pixels,
    loss: sum(({ loss }) => loss),
    certainty: sum(item => item.certainty),
    items: items.length,
  }
}

function less(sum: Sum, item: Figures): Sum {
  return {
    pixels: withoutPixels(sum.pixels, item.pixels),
    loss: sum.loss - item.loss,
    certainty: sum.certainty - item.certainty,
    items: sum.items - 1,
  }
}

/** @throws input error for data without masks, or with classes that the model doesn't know */
function checkMasks({ path, maskClasses = [] }: Dataset, known?: SegmentationFacts): void {
  if (maskClasses.length < 2)
    throw inputError(
      'data.no-masks',
      `${path} has ${maskClasses.length === 0 ? 'no masks' : 'masks of one class only'}, and scene-segmentation learns from them: name a PNG of class indices a picture in labels.csv's column 'mask'`,
    )
  if (known === undefined || maskClasses.every((name, i) => name === known.classes[i])) return
  throw inputError(
    'evaluate.classes',
    `the data's mask classes are ${maskClasses.join(', ')}, and the model's are ${known.classes.join(', ')}: they must be the same, in the same order`,
  )
}

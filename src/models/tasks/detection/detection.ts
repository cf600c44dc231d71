import { sizeOf } from '../../../common/arrays.ts'
import type { Frame } from '../../../common/canvas.ts'
import { inputError } from '../../../common/error.ts'
import type { Item } from '../../../data/dataset.ts'
import { geometryOf } from '../../../data/geometry.ts'
import { annotatedStratum } from '../../../data/strata.ts'
import { detectionHead } from '../../dense-heads.ts'
import { tf } from '../../tf.ts'
import { bootstrapInterval } from '../bootstrap.ts'
import type { Detection } from '../coco/match.ts'
import { accumulate } from '../coco.ts'
import { labelIndex } from '../labels.ts'
import { jackknife, rememberedFigures } from '../per-item.ts'
import type { Drawing } from '../shown.ts'
import type { MapsHead, Outcomes, Outputs, PerItem, Score, Task, TaskDefinition } from '../task.ts'
import { decodeDetections } from './decode.ts'
import { detectionDetails } from './details.ts'
import { drawBoxes } from './draw.ts'
import { checkBoxes, type DetectionFacts, detectionFacts, nothingToFind } from './facts.ts'
import { type ItemFigures, itemFigures, scoreOf } from './figures.ts'
import type { Detections, DetectionTarget } from './found.ts'
import { type Grid, gridOf } from './grid.ts'
import { BOX_WEIGHT, detectionLoss } from './loss.ts'
import { type DenseTarget, denseTarget, trueBoxes } from './targets.ts'

/** Boxes round objects, anchor-free: a heat of middles and a box at each place of one to three maps. */
export const objectDetection: TaskDefinition<DetectionFacts> = {
  description: 'boxes round objects and what they are, on every frame (mAP as COCO computes it)',
  needs: 'pictures or clips with boxes: boxes.csv, COCO, YOLO, Pascal VOC',
  check: checkBoxes,
  unscorable: nothingToFind,
  facts: detectionFacts,
  create: facts => new ObjectDetection(facts),
  augmentation: 'detection',
  stratum: annotatedStratum,
  defaults: { frames: 1, fit: 'letterbox', side: 224, learningRate: 3e-4 },
  continues: (saved, facts) =>
    JSON.stringify([saved.classes, saved.strides]) === JSON.stringify([facts.classes, facts.strides]),
}

class ObjectDetection implements Task<DetectionTarget, Detections> {
  readonly id = 'object-detection'
  readonly description = objectDetection.description
  readonly metric = 'mAP'
  readonly parts = [
    { key: 'ap50', name: 'AP50', unit: 'share' },
    { key: 'ap75', name: 'AP75', unit: 'share' },
    { key: 'apSmall', name: 'AP of small objects', unit: 'share' },
    { key: 'apMedium', name: 'AP of medium objects', unit: 'share' },
    { key: 'apLarge', name: 'AP of large objects', unit: 'share' },
    { key: 'ar100', name: 'AR', unit: 'share' },
  ] as const
  readonly head: Task['head']
  readonly worst: number
  readonly chance: number
  readonly guessing = 0.05
  readonly selectionFrom =
    'half mAP, half the mean over objects of how certain and how well placed the best box is'
  readonly intervalFrom = 'a bootstrap over clips: mAP is no mean over them'
  private readonly grid: Grid
  private readonly indexOf: ReturnType<typeof labelIndex>
  private readonly figures = rememberedFigures(itemFigures)

  constructor(private readonly facts: DetectionFacts) {
    const { classes, size, strides, objects, sides } = facts
    this.grid = gridOf(size, strides)
    this.indexOf = labelIndex(classes, 'has a box labelled')
    const certainty = objects.map(mean => prior(mean, this.grid.places))
    const units = classes.length + 4
    const start = Float32Array.from([...certainty.map(p => Math.log(p / (1 - p))), 0, 0, ...sides])
    const build: MapsHead['build'] = (maps, { rng }) => detectionHead(maps, { units, strides, start, rng })
    this.head = { units, activation: 'linear', start, reads: { strides, build } }
    this.chance = chanceOf(this.facts, this.grid)
    this.worst = 3 * this.chance
  }

  target({ id, truth, annotation }: Item): DetectionTarget {
    if (truth === undefined)
      throw inputError('task.boxes', `${id} has no boxes: object-detection is scored on annotated clips`)
    const frames = truth.map(each => trueBoxes(each, label => this.indexOf(label, id)))
    const { grid } = this
    const classes = this.facts.classes.length
    const { size, fit } = this.facts
    const { scaleX: x, scaleY: y } = geometryOf(annotation?.size ?? size, size, fit)
    let dense: DenseTarget | undefined
    return {
      frames,
      scale: { x, y },
      get dense() {
        dense ??= denseTarget(frames, grid, classes)
        return dense
      },
    }
  }

  /** A clip's sum by how many objects a clip has in the mean, so that each object counts alike. */
  loss({ values }: Outputs, targets: readonly DetectionTarget[]): tf.Tensor1D {
    const { facts, grid } = this
    const dense = targets.map(target => target.dense)
    return tf.div(
      detectionLoss(values, dense, grid, facts.classes.length),
      objectsAClip(facts),
    ) as tf.Tensor1D
  }

  predict({ values }: Outputs): readonly Detections[] {
    const [batch, frames, ...rest] = values.shape
    const all = values.dataSync() as Float32Array
    const clip = frames * sizeOf(rest)
    const { classes, size } = this.facts
    const options = { grid: this.grid, classes: classes.length, size }
    return Array.from({ length: batch }, (_, i) =>
      decodeDetections(all.subarray(i * clip, (i + 1) * clip), frames, options),
    )
  }

  score(outcomes: Outcomes<DetectionTarget, Detections>): Score {
    const items = this.figures(outcomes)
    return scoreOf(this.accumulated(items).score, items)
  }

  perItem(outcomes: Outcomes<DetectionTarget, Detections>): PerItem {
    const items = this.figures(outcomes)
    const all = this.accumulated(items)
    return jackknife(scoreOf(all.score, items), items.length, item =>
      scoreOf(
        all.without(item),
        items.filter((_, i) => i !== item),
      ),
    )
  }

  interval(outcomes: Outcomes<DetectionTarget, Detections>): readonly [number, number] {
    const items = this.figures(outcomes)
    const { resampled } = this.accumulated(items)
    return bootstrapInterval(items.length, counts => resampled(counts) ?? 0)
  }

  answer(frames: Detections) {
    const named = (found: readonly Detection[]) =>
      found.map(({ label, ...box }) => ({ label: this.facts.classes[label], ...box }))
    return { frames: frames.map(named) }
  }

  words(frames: Detections): string {
    const sure = frames.map(found => found.filter(({ score }) => score >= SURE))
    const counts = this.facts.classes.map((name, label) => {
      const most = Math.max(0, ...sure.map(found => found.filter(box => box.label === label).length))
      return most === 0 ? [] : [`${most} ${name}`]
    })
    return counts.flat().join(', ') || 'nothing'
  }

  draw(picture: Frame, { of, frame, geometry }: Drawing<DetectionTarget, Detections>): Frame | undefined {
    const { classes } = this.facts
    const boxes =
      'target' in of ? of.target.frames[frame] : of.prediction[frame].filter(({ score }) => score >= SURE)
    return boxes && drawBoxes(picture, boxes, { classes, geometry })
  }

  details(outcomes: Outcomes<DetectionTarget, Detections>) {
    const { classes } = this.facts
    const frames = outcomes.targets.flatMap((target, i) =>
      target.frames.flatMap((boxes, t) => (boxes ? [{ boxes, found: outcomes.predictions[i][t] }] : [])),
    )
    return detectionDetails(frames, this.accumulated(this.figures(outcomes)), { classes, confidence: SURE })
  }

  private accumulated(items: readonly ItemFigures[]) {
    return accumulate(
      items.map(({ images }) => images),
      this.facts.classes.length,
    )
  }
}

/** Scores from which a box is shown and counted in words. */
const SURE = 0.3

function objectsAClip({ objects, frames }: DetectionFacts): number {
  return (
    frames *
    Math.max(
      objects.reduce((a, b) => a + b, 0),
      LEAST_OBJECTS,
    )
  )
}

/** An object in every hundredth frame: where there are fewer, one of them isn't to weigh more than a hundred. */
const LEAST_OBJECTS = 0.01

/**
 * The certainty that loses least at all places alike, where so many of them are an object's middle: the minimum of
 * n (1 − p)² (−ln p) + (N − n) p² (−ln (1 − p)), which has one.
 */
function prior(objects: number, places: number): number {
  let [low, high] = [1e-4, 0.5]
  const loss = (p: number) => focalLoss(p, objects, places)
  while (high - low > 1e-6) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3]
    if (loss(a) < loss(b)) high = b
    else low = a
  }
  return (low + high) / 2
}

function focalLoss(p: number, objects: number, places: number): number {
  return objects * (1 - p) ** 2 * -Math.log(p) + (places - objects) * p ** 2 * -Math.log(1 - p)
}

/** Heat of the certainty that fits, and a box beside each object whose sides touch. */
function chanceOf({ objects, frames, ...facts }: DetectionFacts, { places }: Grid): number {
  const heat = objects.reduce((sum, mean) => sum + focalLoss(prior(mean, places), mean, places), 0)
  const boxes = BOX_WEIGHT * objects.reduce((a, b) => a + b, 0)
  return (frames * (heat + boxes)) / objectsAClip({ objects, frames, ...facts }) || 1
}

import { inputError } from '../../common/error.ts'
import type { Clip, Dataset } from '../../data/dataset.ts'
import { tf } from '../tf.ts'
import { notesOnClasses, priorOf, weightsAlike } from './class-balance.ts'
import { accuracyInterval, balancedAccuracyInterval } from './class-intervals.ts'
import { type ClassFigures, classScore, classScorePerItem } from './class-scores.ts'
import { labelIndex, refuseUnknown } from './labels.ts'
import { LogisticRegression } from './logistic.ts'
import { areUnequal, confusionMatrix, countLabels, isUnbalanced } from './metrics.ts'
import type { Balance, LinearProblem, Outcomes, Outputs, Task, TaskData, TaskDefinition } from './task.ts'

/** What a classifier knows of the data that it was made for. */
export interface ClassFacts {
  readonly classes: readonly string[]
  /** Train clips by class, [C]; models of earlier versions have none: then as many of each. */
  readonly counts?: readonly number[]
  /** Default: none. */
  readonly balance?: Balance
}

export interface ClassPrediction {
  /** Class index. */
  readonly label: number
  /** [C] */
  readonly probabilities: Float32Array
}

/** One label a clip out of the dataset's classes; the loss is cross-entropy, in nats. */
export function classification(id: string, description: string): TaskDefinition<ClassFacts> {
  return {
    description,
    needs: 'pictures, clips or sequences with a label each: class folders, or labels.csv',
    check: checkClasses,
    stratum: 'label',
    balances: ['weights', 'sampling'],
    augmentation: 'classification',
    facts({ dataset: { classes }, train, balance }) {
      return { classes, counts: countLabels(labelsOf(train, classes), classes.length), balance }
    },
    notes({ dataset: { classes }, train, balance }: TaskData) {
      const labels = labelsOf(train, classes)
      return notesOnClasses(labels, classes, { balanced: isUnbalanced(labels, classes.length), balance })
    },
    continues: (saved, facts) =>
      saved.classes.length === facts.classes.length &&
      saved.classes.every((name, i) => name === facts.classes[i]),
    create: facts => new Classification(id, description, facts),
  }
}

class Classification implements Task<number, ClassPrediction> {
  readonly metric: string
  readonly parts: Task['parts']
  readonly head: Task['head']
  readonly worst: number
  readonly chance: number
  readonly guessing: number
  readonly classes: NonNullable<Task<number, ClassPrediction>['classes']>
  readonly selectionFrom = 'half accuracy, half the mean probability of the true class'
  readonly intervalFrom?: string
  readonly weight?: (label: number) => number
  /** Whether classes count alike in what counts, however many clips they have. */
  readonly balanced: boolean
  private readonly indexOf: ReturnType<typeof labelIndex>
  /** For what sees all clips at once, where drawing them unequally says nothing. */
  private readonly alike?: readonly number[]

  constructor(
    readonly id: string,
    readonly description: string,
    { classes: names, counts = names.map(() => 1), balance = 'none' }: ClassFacts,
  ) {
    const classes = names.length
    this.balanced = areUnequal(counts)
    this.metric = this.balanced ? 'balanced accuracy' : 'accuracy'
    if (this.balanced) this.intervalFrom = "the classes' recalls"
    const parts = [
      { key: 'accuracy', name: 'accuracy', unit: 'share' },
      { key: 'balancedAccuracy', name: 'balanced accuracy', unit: 'share' },
    ]
    this.parts = this.balanced ? parts.reverse() : parts
    this.head = { units: classes, activation: 'softmax', start: priorOf(counts, balance) }
    this.worst = 3 * Math.log(classes)
    this.chance = Math.log(classes)
    this.guessing = 1 / classes
    this.indexOf = labelIndex(names, 'is labelled')
    this.classes = {
      names,
      confusion: (predictions, targets) =>
        confusionMatrix(
          targets,
          predictions.map(({ label }) => label),
          classes,
        ),
    }
    const alike = weightsAlike(counts)
    if (balance !== 'none') this.alike = alike
    if (balance === 'weights') this.weight = label => alike[label]
  }

  /** Naming the largest class of unequal ones is guessing too. */
  skill({ parts }: { readonly parts: Readonly<Record<string, number>> }): number {
    return parts.balancedAccuracy
  }

  target({ label, id }: Clip): number {
    return this.indexOf(label, id)
  }

  loss({ values, activated }: Outputs, labels: readonly number[]): tf.Tensor1D {
    const target = tf.oneHot(tf.tensor1d([...labels], 'int32'), this.head.units)
    const logProbabilities = activated ? tf.log(tf.clipByValue(values, 1e-7, 1)) : tf.logSoftmax(values)
    return tf.neg(tf.sum(tf.mul(logProbabilities, tf.cast(target, 'float32')), -1)) as tf.Tensor1D
  }

  predict({ values, activated }: Outputs): readonly ClassPrediction[] {
    const { units } = this.head
    return tf.tidy(() => {
      const probabilities = (activated ? values : tf.softmax(values)).dataSync() as Float32Array
      return Array.from(tf.argMax(values, -1).dataSync(), (label, i) => ({
        label,
        probabilities: probabilities.slice(i * units, (i + 1) * units),
      }))
    })
  }

  score(outcomes: Outcomes<number, ClassPrediction>) {
    return classScore(figuresOf(outcomes), this)
  }

  perItem(outcomes: Outcomes<number, ClassPrediction>) {
    return classScorePerItem(figuresOf(outcomes), this)
  }

  interval(outcomes: Outcomes<number, ClassPrediction>): readonly [number, number] {
    const { primary } = this.score(outcomes)
    const { targets, predictions } = outcomes
    return this.balanced
      ? balancedAccuracyInterval(primary, this.classes.confusion(predictions, targets))
      : accuracyInterval(primary, targets.length)
  }

  *solve({ features, targets }: LinearProblem<number>) {
    const { alike } = this
    const regression = new LogisticRegression({
      features,
      labels: targets,
      classes: this.head.units,
      weights: alike && targets.map(label => alike[label]),
    })
    for (const solution of regression.path()) yield { ...solution, flops: regression.flops }
  }

  answer({ label, probabilities }: ClassPrediction) {
    const { names } = this.classes
    return {
      label: names[label],
      probabilities: Object.fromEntries(names.map((name, i) => [name, probabilities[i]])),
    }
  }

  words({ label, probabilities }: ClassPrediction): string {
    return `${this.classes.names[label]} (${(100 * probabilities[label]).toFixed(1)} %)`
  }

  mistake({ label, probabilities }: ClassPrediction, target: number) {
    if (label === target) return undefined
    return { predicted: this.classes.names[label], probability: probabilities[label] }
  }
}

function figuresOf({ targets, predictions, losses }: Outcomes<number, ClassPrediction>): ClassFigures {
  const correct = Uint8Array.from(targets, (label, i) => Number(predictions[i].label === label))
  return { labels: targets, correct, losses: Float64Array.from(losses) }
}

function labelsOf(clips: readonly Clip[], classes: readonly string[]): readonly number[] {
  const index = new Map(classes.map((name, i) => [name, i]))
  return clips.map(({ label }) => index.get(label) ?? -1)
}

function checkClasses({ path, classes, clips }: Dataset, known?: ClassFacts): void {
  const unlabelled = clips.find(({ label }) => label === '')
  if (unlabelled !== undefined)
    throw inputError(
      'data.no-labels',
      `${unlabelled.id} of ${path} has no label, and this task learns one a clip: give a column 'label', or a task that learns from what the data has (--task object-detection, scene-segmentation, temporal-segmentation)`,
    )
  if (known !== undefined) {
    refuseUnknown('classes', classes, known.classes)
    return
  }
  if (classes.length === 1) {
    throw inputError(
      'data.one-class',
      `${path} has one class only, '${classes[0]}' (${clips.length} clips): at least two are needed to tell apart`,
    )
  }
}

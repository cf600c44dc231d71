import type { Frame } from '../../common/canvas.ts'
import type { Rng } from '../../common/random.ts'
import type { Clip, Dataset, Item } from '../../data/dataset.ts'
import type { Fit } from '../../data/video.ts'
import type { tf } from '../tf.ts'
import type { Detail, Drawing, Stretch } from './shown.ts'

/** How items that are of unequal kinds count in training: as they come, by weights of the loss, or by how often they are drawn. */
export const BALANCES = ['none', 'weights', 'sampling'] as const
export type Balance = (typeof BALANCES)[number]

/** What the last layers of a network give for a batch. */
export interface Outputs {
  /** [B, units]; of a head that reads frames [B, T, units], that reads maps [B, T, ...what it builds]. */
  readonly values: tf.Tensor
  /** Whether they are past the head's activation: a closing one that is a layer of its own is left out. */
  readonly activated: boolean
}

/** What one model came to on some items. */
export interface Score {
  /** What counts on the test split, [0, 1], higher is better. */
  readonly primary: number
  /**
   * What agents are paid by and everything is chosen by on the reward split, [0, 1]: `primary`, or a quantity that tells
   * apart what few items can't. Default: `primary`.
   */
  readonly selection?: number
  /** Mean of the items' losses. */
  readonly loss: number
  /** Further figures by name, those that `Task.parts` describes. */
  readonly parts: Readonly<Record<string, number>>
}

/** One figure of `Score.parts`, for reports. */
export interface PartDescription {
  /** As in `Score.parts`, camelCase. */
  readonly key: string
  readonly name: string
  /** What it is in; a `share` is shown in per cent. */
  readonly unit: string
}

/** Some items and what a model made of them; all of one length, in one order. */
export interface Outcomes<Target, Prediction> {
  readonly targets: readonly Target[]
  readonly predictions: readonly Prediction[]
  /** What `Task.loss` gave. */
  readonly losses: ArrayLike<number>
}

/** A score taken apart by items. */
export interface PerItem {
  /** Each item's part of `primary`, so that their mean is it. */
  readonly points: readonly number[]
  /** Each item's part of `selection`. */
  readonly selection: Float64Array
  /** The score of all items but this one, of at least two. */
  without(item: number): Score
}

/** Rows that enter a linear head, and what each is to give. */
export interface LinearProblem<Target> {
  /** [n, d], flat. */
  readonly features: Float32Array
  readonly targets: readonly Target[]
}

/** A linear head, solved for one strength of L2. */
export interface LinearSolution {
  /** [d, units] */
  readonly kernel: Float32Array
  /** [units] */
  readonly bias: Float32Array
  readonly l2: number
  readonly converged: boolean
  /** Of all solutions so far. */
  readonly flops: number
}

/** A head on the maps of a backbone, frame by frame. */
export interface MapsHead {
  /** Pixels of the input to a place of each map, ascending, powers of two. */
  readonly strides: readonly number[]
  /**
   * From one frame's maps [H/stride, W/stride, channels], in the order of `strides`, to what comes out a frame: one
   * tensor whose last axis holds `units`. The layers' names begin with `head_`; the last one's bias is `start`, and its
   * kernel zero, so that a fresh head says the same everywhere.
   */
  build(maps: readonly tf.SymbolicTensor[], context: { readonly rng: Rng }): tf.SymbolicTensor
}

/** What a network ends in for a task: a dense layer, then an activation. */
export interface TaskHead {
  /**
   * What it reads: features of the whole clip (default), of each frame in order, or maps of each frame. Of the last,
   * `build` makes the layers; `--head` chooses those of the others.
   */
  readonly reads?: 'clip' | 'frames' | MapsHead
  /** Numbers that the dense layer gives. */
  readonly units: number
  readonly activation: 'linear' | 'softmax' | 'sigmoid' | 'tanh'
  /** Its bias in a fresh head whose kernel is zero, [units]: what a head says that has learned nothing. */
  readonly start: Float32Array
}

/** What a clip's prediction was, where it was wrong. */
export interface Wrong {
  readonly predicted: string
  /** [0, 1]: how sure the model was. */
  readonly probability: number
}

/** What is known of classes where a task has some. */
export interface TaskClasses<Target, Prediction> {
  readonly names: readonly string[]
  /** [true class][predicted class] counts. */
  confusion(predictions: readonly Prediction[], targets: readonly Target[]): number[][]
}

/**
 * What is learned: targets, head, loss, prediction, score. One is made for a dataset, and again from what a saved model
 * says of it. Everything else reads `score.primary` and `loss` alone.
 */
export interface Task<Target = unknown, Prediction = unknown> {
  readonly id: string
  readonly description: string
  /** What `primary` is called. */
  readonly metric: string
  readonly parts: readonly PartDescription[]
  readonly head: TaskHead
  /** Losses are held below it in rewards and comparisons; past it, and no better than guessing, a run has diverged. */
  readonly worst: number
  /** Loss of guessing without knowing how often anything occurs: a fresh head's is no higher. */
  readonly chance: number
  /** What `skill` is of a model that guesses, [0, 1). */
  readonly guessing: number
  /** What is compared with `guessing`; default: `primary`. */
  skill?(score: Score): number
  /** @throws input error for a label that is none */
  target(clip: Item): Target
  /** [B], the task's own unit, differentiable by the outputs; lower is better. */
  loss(outputs: Outputs, targets: readonly Target[]): tf.Tensor1D
  predict(outputs: Outputs): readonly Prediction[]
  /** Of any subset of a split, one item or more. */
  score(outcomes: Outcomes<Target, Prediction>): Score
  /** Faster than scoring every subset; default: `perItemOf` does that. */
  perItem?(outcomes: Outcomes<Target, Prediction>): PerItem
  /** What `Score.selection` is, where it is another quantity than `primary`. */
  readonly selectionFrom?: string
  /** What the interval is computed from, where that has to be said. */
  readonly intervalFrom?: string
  /** 95 % interval of `primary` over the choice of items; default: by the jackknife. */
  interval?(outcomes: Outcomes<Target, Prediction>): readonly [number, number]
  /** What an item's loss counts for in training, 1 in the mean; default: 1. */
  weight?(target: Target): number
  /** Solves the linear head, the strongest L2 first; default: by L-BFGS through `loss`. */
  solve?(problem: LinearProblem<Target>): Iterable<LinearSolution>
  /** Predictions of all pieces of one file, in order, as one of the whole; default: each stands for itself. */
  join?(predictions: readonly Prediction[], pieces: readonly Clip[]): Prediction
  /** A prediction as `predict --json` prints it. */
  answer(prediction: Prediction): Readonly<Record<string, unknown>>
  /** A prediction in a few words. */
  words(prediction: Prediction): string
  /**
   * A picture with what is said or true of one frame of a clip; undefined where nothing is known of it. Default: its
   * prediction in words.
   */
  draw?(picture: Frame, drawing: Drawing<Target, Prediction>): Frame | undefined
  /** Of a whole recording, by time. */
  timeline?(prediction: Prediction): readonly Stretch[]
  /** What a report shows of the test split beyond figures. */
  details?(outcomes: Outcomes<Target, Prediction>): readonly Detail[]
  readonly classes?: TaskClasses<Target, Prediction>
  /** Undefined where the prediction is right; without it no mistakes are shown. */
  mistake?(prediction: Prediction, target: Target): Wrong | undefined
}

/** What a task is made from: the labels, and how training is to count them. */
export interface TaskData {
  readonly dataset: Dataset
  /** The split that is learned from: priors and ranges are its. */
  readonly train: readonly Clip[]
  readonly balance: Balance
  /** What a network will see of a clip. */
  readonly input: InputSize
}

export interface InputSize {
  readonly frames: number
  /** [height, width] of a frame. */
  readonly size: readonly [number, number]
  /** How frames of another shape fill it. */
  readonly fit: Fit
  /** Strides of the maps that the network offers to a head, ascending; none where it has no maps. */
  readonly strides: readonly number[]
}

/** What a run takes where nobody says otherwise. */
export interface TaskDefaults {
  readonly frames?: number
  readonly fit?: Fit
  /** Pixels that a side of the model's own size is held to. */
  readonly side?: number
  /** Base rate: the topmost pretrained group's. */
  readonly learningRate?: number
}

export interface PiecesOf<Facts> {
  /** That a network sees of a piece. */
  readonly frames: number
  /** Of each file, by path. */
  readonly seconds: ReadonlyMap<string, number>
  /** What the model knows that the pieces are for; none before it is trained. */
  readonly known?: Facts
}

/** A task as a plugin registers it. `Facts` is all that it keeps of the data; it is JSON-safe and lies in saved models. */
export interface TaskDefinition<Facts extends object = object> {
  /** What it gives, and what counts. */
  readonly description: string
  /** What data it learns from, in a few words; `layergym list tasks` shows it. */
  readonly needs?: string
  /**
   * Whether the labels will do: to learn from, or, where `known` is given, for a model that knows these facts.
   * @throws input error that says which won't
   */
  check(dataset: Dataset, known?: Facts): void
  /** Why a score of these clips would say nothing; undefined where it does, as it is for all where this is left out. */
  unscorable?(clips: readonly Clip[]): string | undefined
  facts(data: TaskData): Facts
  create(facts: Facts): Task
  /** What is spread evenly over splits: labels, or strata of the task's own; default: nothing. */
  readonly stratum?: 'label' | ((dataset: Dataset) => (clip: Clip) => string)
  /** The preset of augmentations that suits it (src/data/augment/config.ts); default: none. */
  readonly augmentation?: string
  readonly defaults?: TaskDefaults
  /**
   * What is learned from and scored, made of what the files hold: windows of recordings, say. Default: the clips as they
   * are.
   */
  pieces?(dataset: Dataset, of: PiecesOf<Facts>): Dataset
  /** Whether it can train with `--balance weights` or `sampling`, by the dataset's labels. */
  readonly balances?: readonly Exclude<Balance, 'none'>[]
  /** For people, before training starts. */
  notes?(data: TaskData): readonly string[]
  /** Whether the head of a model that knows `saved` goes on; default: where all facts are the same. */
  continues?(saved: Facts, facts: Facts): boolean
}

/** Whether a score is no better than guessing. */
export function isGuessing(task: Task, score: Score): boolean {
  return skillOf(task, score) <= task.guessing
}

export function skillOf(task: Task, score: Score): number {
  return task.skill?.(score) ?? score.primary
}

/** Held below the task's worst; one that is no number counts as that. */
export function heldLoss({ worst }: Pick<Task, 'worst'>, loss: number): number {
  return Number.isFinite(loss) ? Math.min(loss, worst) : worst
}

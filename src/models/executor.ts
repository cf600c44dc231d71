import type { Rng } from '../common/random.ts'
import type { NormMode } from './gradients.ts'
import type { Weights } from './initialize.ts'
import type { GradientFigures, Gram } from './statistics.ts'
import type { Outputs } from './tasks/task.ts'
import type { tf } from './tf.ts'

/** Clips as they enter a layer group: pixels into the first, or what a frozen prefix made of them. */
export interface Entering {
  /** The caller's, before and after. */
  readonly input: tf.Tensor
  readonly clips: number
  /** The group that it enters. */
  readonly from: number
}

/** Entering clips and what each is to give. */
export interface Batch extends Entering {
  readonly targets: readonly unknown[]
}

export interface StepOptions {
  /** Dropout draws its masks from it. */
  readonly dropout?: Rng
  /** Batch-normalisation mode a group. */
  readonly norms?: readonly NormMode[]
  /** Upper bound on how slowly moving statistics follow. */
  readonly momentum?: number
}

export interface StepResult {
  /** Mean over clips, weighted where the task weighs them; before the update. */
  readonly loss: number
}

declare const OF: unique symbol

/** Weights and optimizer slots at one moment. Only the executor that gave it knows what is in it. */
export interface Handle {
  readonly [OF]: 'state'
}

/** A mean gradient, to compare a later one with. Only the executor that gave it knows what is in it. */
export interface GradientHandle {
  readonly [OF]: 'gradient'
}

/** Gradients of every group on the two halves of a probe batch, and what it is activated to, in figures. */
export interface ProbeResult {
  /** By group. */
  readonly figures: readonly GradientFigures[]
  /** How alike the clips are at the end of each group: their centred Gram matrix, the first half's clips first. */
  readonly grams: readonly Gram[]
  readonly mean: GradientHandle
}

/** Norms of a group's learned variables. */
export interface WeightNorms {
  /** ‖w‖ */
  readonly norm: number
  /** ‖w − w then‖; 0 without a then. */
  readonly moved: number
}

/**
 * Who computes a training step: it owns weights, optimizer slots, loss and update. What it holds may live on an
 * accelerator, so nothing above sees a weight except to save it or to hash it: moments are handles, gradients and
 * activations come as figures. test/models/executor-suite.ts is what every executor passes.
 */
export interface Executor {
  /** Values in, without a memory of earlier steps. */
  reset(weights: Weights): void
  /** Values in; slots stay as they are. */
  load(weights: Weights): void
  /** Host copies of now, or of a moment: for saving and hashing alone. */
  read(handle?: Handle): Weights
  /**
   * One update of the groups whose rate is above 0, at or after the one that the batch enters; the others stay bit-equal,
   * slots included.
   */
  step(batch: Batch, rates: readonly number[], options: StepOptions): StepResult
  /** What comes out at the end, at inference; its tensor is the caller's. */
  evaluate(entering: Entering): Outputs
  /** What crosses into group `to`, at inference; the caller's. */
  forward(entering: Entering, to: number): tf.Tensor
  /**
   * Of all groups; changes nothing. A batch that is given for both halves counts once.
   * @param previous gives `persistence` something to compare with
   */
  probe(halves: readonly [Batch, Batch], previous?: GradientHandle): ProbeResult
  /** By group, over learned variables. */
  norms(since?: Handle): readonly WeightNorms[]
  /** References, no copy: a later step writes into none. */
  snapshot(): Handle
  restore(handle: Handle): void
  /** Which groups hold other values now than then. */
  changed(handle: Handle): readonly boolean[]
}

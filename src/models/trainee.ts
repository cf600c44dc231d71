import { concatenated } from '../common/arrays.ts'
import type { Rng } from '../common/random.ts'
import type { Clip, Item } from '../data/dataset.ts'
import type { Seen } from '../data/source.ts'
import { EagerExecutor, type ExecutorOptions } from './eager-executor.ts'
import type { Executor, GradientHandle, Handle, ProbeResult, WeightNorms } from './executor.ts'
import type { NormMode } from './gradients.ts'
import type { Weights } from './initialize.ts'
import type { Network } from './network.ts'
import type { Optimizer } from './optimizer.ts'
import { withinMemory } from './out-of-memory.ts'
import { FrozenPrefix, type PrefixOptions } from './prefix.ts'
import type { Outcomes, Outputs, Task } from './tasks/task.ts'
import { tf } from './tf.ts'

/** One group's setting for a training step; 0 freezes it. */
export type LearningRates = readonly number[]

export interface TraineeOptions extends PrefixOptions {
  readonly optimizer: () => Optimizer
  /** What is learned. */
  readonly task: Task
  /** Clips with what is true of the frames that `pixels` shows; default: as they are. */
  readonly items?: (clips: readonly Clip[]) => readonly Item[]
  /** What a training step sees where that differs from step to step: nothing is cached then. */
  readonly augmented?: (clips: readonly Clip[], rng: Rng) => Seen
  /** Who computes; default: `EagerExecutor`. */
  readonly executor?: (options: ExecutorOptions, pretrained: Weights) => Executor
  /** Told what a user should know. */
  readonly notice?: (message: string) => void
}

/** How batch normalisations of trained groups behave: a mode a group, and how slowly statistics may follow. */
export interface NormConfig {
  readonly modes: readonly NormMode[]
  readonly momentum?: number
}

/** Everything that training changes. */
export interface TraineeState {
  readonly handle: Handle
  /** One number a group that changes whenever its weights do; 0 is the pretrained state. */
  readonly versions: readonly number[]
  readonly flops: number
  readonly charged: ReadonlySet<string>
}

/** Clips whose activations are computed in one go at evaluation. */
const EVALUATION_BATCH = 16

/**
 * A network in training: an executor that holds weights and slots, and the count of FLOPs. Frozen groups at the start of
 * the network run outside the gradient, once a clip; groups that stay frozen are bit-equal afterwards.
 */
export class Trainee {
  private readonly executor: Executor
  private versions: number[]
  private charged = new Set<string>()
  private readonly prefix: FrozenPrefix
  private nextVersion = 1
  private normConfig: NormConfig
  /** Forward, backward, probe and evaluation FLOPs since `reset`. */
  flops = 0

  constructor(
    private readonly options: TraineeOptions,
    /** The weights that version 0 stands for. */
    readonly pretrained: Weights,
  ) {
    const { executor = (of, weights) => new EagerExecutor(of, weights) } = options
    this.executor = executor(options, pretrained)
    this.versions = options.network.groups.map(() => 0)
    this.normConfig = { modes: options.network.groups.map(() => 'frozen') }
    this.prefix = new FrozenPrefix(options, this.executor)
  }

  get network(): Network {
    return this.options.network
  }

  get task(): Task {
    return this.options.task
  }

  /** Weights and slots as they are now. */
  moment(): Handle {
    return this.executor.snapshot()
  }

  /** Values of now, or of a moment: for saving and hashing alone. */
  read(handle?: Handle): Weights {
    return this.executor.read(handle)
  }

  /** Norms of each group's weights, and how far they moved since a moment. */
  norms(since?: Handle): readonly WeightNorms[] {
    return this.executor.norms(since)
  }

  /** A fresh run from these weights, with empty optimizer slots and nothing spent. */
  reset(weights: Weights, norms: NormConfig): void {
    this.executor.reset(weights)
    this.normConfig = norms
    this.versions = this.network.groups.map((_, group) =>
      this.network.variables.every(v => v.group !== group || weights[v.name] === this.pretrained[v.name])
        ? 0
        : this.nextVersion++,
    )
    this.charged = new Set()
    this.flops = 0
  }

  /** Puts other values in, as if they had been trained: what is spent stays spent. */
  assign(weights: Weights): void {
    const before = this.executor.snapshot()
    this.executor.load(weights)
    this.renew(this.executor.changed(before))
  }

  /** Puts the values of a moment in, as if they had been trained: what is spent stays spent. */
  recall(handle: Handle): void {
    this.assign(this.executor.read(handle))
  }

  /** One optimizer step on a batch. With everything frozen nothing happens and nothing is spent. */
  step(batch: readonly Clip[], rates: LearningRates, dropout: Rng): { loss: number } | undefined {
    const from = rates.findIndex(rate => rate > 0)
    if (from < 0) return undefined
    const { modes, momentum } = this.normConfig
    const seen = this.options.augmented?.(batch, dropout)
    const input = seen === undefined ? this.enter(batch, from) : this.enterSeen(seen, from)
    const entering = { input, clips: batch.length, from, targets: this.targets(batch, seen?.items) }
    const result = withinMemory(batch.length, () =>
      this.executor.step(entering, rates, { dropout, norms: modes, momentum }),
    )
    input.dispose()
    this.flops += batch.length * this.network.stepFlops(rates.map(rate => rate > 0))
    this.renew(rates.map(rate => rate > 0))
    return result
  }

  /**
   * Gradients of every group on the two halves of a few clips, frozen groups included, and how alike the clips are at the end
   * of each, in figures; changes nothing but the FLOPs spent. One clip has no halves: it is compared with itself. The
   * activations cost a forward pass, also where the executor takes them from the gradients'.
   */
  probe(clips: readonly Clip[], previous?: GradientHandle): ProbeResult {
    const half = Math.ceil(clips.length / 2)
    const parts = [clips.slice(0, half), clips.slice(half)].filter(({ length }) => length > 0)
    const batches = parts.map(part => {
      const step = this.network.stepFlops(this.network.groups.map(() => true))
      this.flops += part.length * (step + this.network.forwardFlops())
      return { input: this.enter(part, 0), clips: part.length, from: 0, targets: this.targets(part) }
    })
    try {
      return this.executor.probe([batches[0], batches[batches.length - 1]], previous)
    } finally {
      tf.dispose(batches.map(({ input }) => input))
    }
  }

  /** What the weights of now make of the clips; prefixes that haven't changed come from the cache. */
  evaluate(clips: readonly Clip[]): Outcomes<unknown, unknown> {
    const { task } = this
    const targets = this.targets(clips)
    const losses = new Float32Array(clips.length)
    const predictions: unknown[] = []
    for (let at = 0; at < clips.length; at += EVALUATION_BATCH) {
      const outputs = this.outputs(clips.slice(at, at + EVALUATION_BATCH))
      const own = tf.tidy(() => task.loss(outputs, targets.slice(at, at + EVALUATION_BATCH)).dataSync())
      losses.set(own, at)
      predictions.push(...task.predict(outputs))
      outputs.values.dispose()
    }
    return { targets, predictions, losses }
  }

  /** What enters the head on each clip, [clips][features], flat; paid for as training on it is. */
  headInputs(clips: readonly Clip[]): Float32Array {
    const rows: Float32Array[] = []
    for (let at = 0; at < clips.length; at += EVALUATION_BATCH) {
      const input = this.enter(clips.slice(at, at + EVALUATION_BATCH), this.network.groups.length - 1)
      rows.push(input.dataSync() as Float32Array)
      input.dispose()
    }
    return concatenated(rows)
  }

  snapshot(): TraineeState {
    return {
      handle: this.executor.snapshot(),
      versions: [...this.versions],
      flops: this.flops,
      charged: new Set(this.charged),
    }
  }

  restore(state: TraineeState): void {
    this.executor.restore(state.handle)
    this.versions = [...state.versions]
    this.nextVersion = Math.max(this.nextVersion, ...state.versions.map(version => version + 1))
    this.flops = state.flops
    this.charged = new Set(state.charged)
  }

  private outputs(clips: readonly Clip[]): Outputs {
    const groups = this.network.groups
    const unchanged = this.versions.findIndex(version => version !== 0)
    const from = unchanged < 0 ? groups.length - 1 : Math.min(unchanged, groups.length - 1)
    this.flops += clips.length * this.network.forwardFlops(from)
    this.charge(clips, from)
    const input = this.prefix.enterAgain(clips, from, this.versions)
    try {
      return this.executor.evaluate({ input, clips: clips.length, from })
    } finally {
      input.dispose()
    }
  }

  private targets(clips: readonly Clip[], items = this.options.items?.(clips) ?? clips): readonly unknown[] {
    return items.map(item => this.task.target(item))
  }

  /** The tensor that enters group `from`: pixels, or the frozen prefix's output. */
  private enter(clips: readonly Clip[], from: number): tf.Tensor {
    this.charge(clips, from)
    return this.prefix.enter(clips, from, this.versions)
  }

  /** As `enter`, of what is seen this once: the frozen prefix runs again, and is paid for again. */
  private enterSeen({ pixels, items }: Seen, from: number): tf.Tensor {
    this.flops += items.length * (this.network.forwardFlops() - this.network.forwardFlops(from))
    const input = this.network.input(pixels, items.length)
    const output = this.executor.forward({ input, clips: items.length, from: 0 }, from)
    input.dispose()
    return output
  }

  /** A frozen prefix costs its forward pass once a clip and version in a run, wherever the bits come from. */
  private charge(clips: readonly Clip[], to: number): void {
    for (const clip of clips) {
      for (let group = 0; group < to; group++) {
        const key = `${clip.id}|${group}|${this.versions.slice(0, group + 1).join(',')}`
        if (this.charged.has(key)) continue
        this.charged.add(key)
        this.flops += this.network.groups[group].flops
      }
    }
  }

  /** Groups that hold other weights now: what was cached of them and behind them is of no use. */
  private renew(changed: readonly boolean[]): void {
    changed.forEach((is, group) => {
      if (is) this.versions[group] = this.nextVersion++
    })
  }
}

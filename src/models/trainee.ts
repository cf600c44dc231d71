import type { Rng } from '../common/random.ts'
import type { Clip } from '../data/dataset.ts'
import type { Weights } from './initialize.ts'
import type { GradientResult, Network, NormMode } from './network.ts'
import type { Optimizer, OptimizerState } from './optimizer.ts'
import { concatenated, FrozenPrefix, type PrefixOptions } from './prefix.ts'
import type { Outcomes, Task } from './tasks/task.ts'
import { tf } from './tf.ts'

/** One group's setting for a training step; 0 freezes it. */
export type LearningRates = readonly number[]

export interface TraineeOptions extends PrefixOptions {
  readonly network: Network
  readonly optimizer: () => Optimizer
  /** What is learned. */
  readonly task: Task
  /** Pixels for a training step where they differ from step to step (random segments): nothing is cached then. */
  readonly augmented?: (clips: readonly Clip[], rng: Rng) => Uint8Array
}

/** How batch normalisations of trained groups behave: a mode a group, and how slowly statistics may follow. */
export interface NormConfig {
  readonly modes: readonly NormMode[]
  readonly momentum?: number
}

/** Everything that training changes. Arrays are never written to once they are in here. */
export interface TraineeState {
  readonly weights: Weights
  readonly optimizer: OptimizerState
  /** One number a group that changes whenever its weights do; 0 is the pretrained state. */
  readonly versions: readonly number[]
  readonly flops: number
  readonly charged: ReadonlySet<string>
}

/** Clips whose activations are computed in one go at evaluation. */
const EVALUATION_BATCH = 16

/**
 * A network in training: weights, optimizer slots and the count of FLOPs. Frozen groups at the start of the
 * network run outside the gradient, once a clip; groups that stay frozen are bit-equal afterwards.
 */
export class Trainee {
  private weights: Weights
  private optimizer: Optimizer
  private versions: number[]
  private charged = new Set<string>()
  private readonly prefix: FrozenPrefix
  private nextVersion = 1
  private norms: NormConfig
  /** Forward, backward, probe and evaluation FLOPs since `reset`. */
  flops = 0

  constructor(
    private readonly options: TraineeOptions,
    /** The weights that version 0 stands for. */
    readonly pretrained: Weights,
  ) {
    this.weights = pretrained
    this.optimizer = options.optimizer()
    this.versions = options.network.groups.map(() => 0)
    this.norms = { modes: options.network.groups.map(() => 'frozen') }
    this.prefix = new FrozenPrefix(options)
  }

  get network(): Network {
    return this.options.network
  }

  get task(): Task {
    return this.options.task
  }

  value(name: string): Float32Array {
    return this.weights[name]
  }

  /** A fresh run from these weights, with empty optimizer slots and nothing spent. */
  reset(weights: Weights, norms: NormConfig): void {
    this.load(weights)
    this.norms = norms
    this.optimizer = this.options.optimizer()
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
    this.network.groups.forEach((_, group) => {
      const own = this.network.variables.filter(variable => variable.group === group)
      if (own.some(({ name }) => weights[name] !== this.weights[name]))
        this.versions[group] = this.nextVersion++
    })
    this.load(weights)
  }

  /** One optimizer step on a batch. With everything frozen nothing happens and nothing is spent. */
  step(batch: readonly Clip[], rates: LearningRates, dropout: Rng): { loss: number } | undefined {
    const from = rates.findIndex(rate => rate > 0)
    if (from < 0) return undefined
    const trained = this.learned(group => rates[group] > 0)
    const result = this.differentiate(batch, from, trained, dropout)
    this.flops += batch.length * this.network.stepFlops(rates.map(rate => rate > 0))
    const updates: Record<string, Float32Array> = {}
    for (const variable of this.network.variables) {
      const gradient = result.gradients.get(variable.name)
      const statistic = result.statistics.get(variable.name)
      if (gradient !== undefined) {
        const value = this.weights[variable.name]
        updates[variable.name] = this.optimizer.update(variable.name, value, gradient, rates[variable.group])
      } else if (statistic !== undefined) {
        updates[variable.name] = statistic
      }
    }
    this.load({ ...this.weights, ...updates })
    rates.forEach((rate, group) => {
      if (rate > 0) this.versions[group] = this.nextVersion++
    })
    return { loss: result.loss }
  }

  /** Gradients of every group on a few clips, frozen ones included; changes nothing but the FLOPs spent. */
  probe(clips: readonly Clip[]): GradientResult {
    this.flops += clips.length * this.network.stepFlops(this.network.groups.map(() => true))
    return this.differentiate(
      clips,
      0,
      this.learned(() => true),
    )
  }

  /** What the weights of now make of the clips; prefixes that haven't changed come from the cache. */
  evaluate(clips: readonly Clip[]): Outcomes<unknown, unknown> {
    const { task } = this
    const targets = clips.map(clip => task.target(clip))
    const losses = new Float32Array(clips.length)
    const predictions: unknown[] = []
    for (let at = 0; at < clips.length; at += EVALUATION_BATCH) {
      const tensor = this.outputs(clips.slice(at, at + EVALUATION_BATCH))
      const outputs = this.network.outputs(tensor)
      const own = tf.tidy(() => task.loss(outputs, targets.slice(at, at + EVALUATION_BATCH)).dataSync())
      losses.set(own, at)
      predictions.push(...task.predict(outputs))
      tensor.dispose()
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

  /** Each group's output on the clips, flat, clip after clip: for measuring how far it moved. */
  activations(clips: readonly Clip[]): readonly Float32Array[] {
    const input = this.network.input(this.options.pixels(clips), clips.length)
    const tensors = this.network.activations(input, clips.length)
    const result = tensors.map(tensor => tensor.dataSync() as Float32Array)
    this.flops += clips.length * this.network.forwardFlops()
    tf.dispose([input, ...tensors])
    return result
  }

  snapshot(): TraineeState {
    return {
      weights: this.weights,
      optimizer: this.optimizer.state(),
      versions: [...this.versions],
      flops: this.flops,
      charged: new Set(this.charged),
    }
  }

  restore(state: TraineeState): void {
    this.load(state.weights)
    this.optimizer.restore(state.optimizer)
    this.versions = [...state.versions]
    this.nextVersion = Math.max(this.nextVersion, ...state.versions.map(version => version + 1))
    this.flops = state.flops
    this.charged = new Set(state.charged)
  }

  private outputs(clips: readonly Clip[]): tf.Tensor {
    const groups = this.network.groups
    const unchanged = this.versions.findIndex(version => version !== 0)
    const from = unchanged < 0 ? groups.length - 1 : Math.min(unchanged, groups.length - 1)
    const input = this.enter(clips, from)
    this.flops += clips.length * this.network.forwardFlops(from)
    const output = this.network.forward(input, clips.length, from)
    input.dispose()
    return output
  }

  private differentiate(
    clips: readonly Clip[],
    from: number,
    trained: ReadonlySet<string>,
    dropout?: Rng,
  ): GradientResult {
    const input = this.enter(clips, from, dropout)
    try {
      const { task } = this
      const targets = clips.map(clip => task.target(clip))
      const norms = dropout === undefined ? undefined : this.norms
      return this.network.gradients(input, clips.length, outputs => task.loss(outputs, targets), {
        from,
        trained,
        dropout,
        norms: norms?.modes,
        momentum: norms?.momentum,
        weights: task.weight && targets.map(target => task.weight?.(target) ?? 1),
      })
    } finally {
      input.dispose()
    }
  }

  /** The tensor that enters group `from`: pixels, or the frozen prefix's output; augmented only while training. */
  private enter(clips: readonly Clip[], from: number, training?: Rng): tf.Tensor {
    const { augmented } = this.options
    if (augmented !== undefined && training !== undefined) {
      this.flops += clips.length * (this.network.forwardFlops() - this.network.forwardFlops(from))
      const input = this.network.input(augmented(clips, training), clips.length)
      const output = this.network.forward(input, clips.length, 0, from)
      input.dispose()
      return output
    }
    this.charge(clips, from)
    return this.prefix.enter(clips, from, this.versions)
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

  private learned(wanted: (group: number) => boolean): ReadonlySet<string> {
    return new Set(this.network.variables.filter(v => v.learned && wanted(v.group)).map(v => v.name))
  }

  /** Puts values into the model's variables; those that are the same array already stay untouched. */
  private load(weights: Weights): void {
    for (const variable of this.network.variables) {
      const value = weights[variable.name]
      if (value === this.weights[variable.name]) continue
      tf.tidy(() => variable.handle.assign(tf.tensor(value, [...variable.shape])))
    }
    this.weights = weights
  }
}

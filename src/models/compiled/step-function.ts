import type { Rng } from '../../common/random.ts'
import { drawMask } from '../dropout.ts'
import type { ExecutorOptions } from '../eager-executor.ts'
import type { EngineRule } from '../engine-rules.ts'
import type { Batch } from '../executor.ts'
import type { FunctionBinding, NativeBackend } from '../function/binding.ts'
import { EngineFunction } from '../function/engine-function.ts'
import type { Fed } from '../function/replay.ts'
import { type Live, type Trace, trace } from '../function/trace.ts'
import type { BatchStatistic } from '../gradients.ts'
import { tf } from '../tf.ts'
import {
  differentiated,
  fedByLoss,
  type MaskPlan,
  type Signature,
  tensorsOf,
  weightsOf,
} from './gradient-body.ts'
import { Held } from './held.ts'
import type { GroupLayout } from './layout.ts'
import type { GroupState, State } from './state.ts'

export interface StepParts {
  readonly backend: NativeBackend<FunctionBinding>
  readonly options: ExecutorOptions
  readonly rule: EngineRule
  readonly layouts: readonly GroupLayout[]
}

/** One training step of one signature as one operation: forward, loss, backward, optimizer, statistics. */
export class StepFunction {
  private readonly made: EngineFunction
  private readonly trace: Trace
  private masks: readonly MaskPlan[] = []
  /** Groups whose statistics follow the batch's. */
  private following: readonly number[] = []
  /** Groups that move. */
  private readonly moving: readonly number[]
  /** Groups whose variables are read. */
  private readonly read: readonly number[]

  /** Binds the model's variables to tensors of the trace, which hold what `state` does. */
  constructor(
    private readonly parts: StepParts,
    private readonly signature: Signature,
    state: State,
    batch: Batch,
  ) {
    const { layouts, backend } = parts
    this.read = layouts.map((_, group) => group).filter(group => group >= signature.from)
    this.moving = this.read.filter(group => signature.trained[group] && layouts[group].learned.size > 0)
    const slots = this.slotsOf(state)
    const scalars = this.scalars(state, () => 0)
    const weights = weightsOf(parts.options, batch)
    const inputs = this.inputs(batch.input, { weights, scalars, state, slots })
    this.trace = trace(backend, inputs, (own, live) => this.body([...own], batch.targets, live))
    this.made = new EngineFunction(backend, this.trace)
    tf.dispose([scalars, ...this.begunOf(state, slots), weights ?? []])
  }

  /** Undefined where the loss makes other tensors of these targets than this function takes. */
  fed(targets: readonly unknown[]): readonly Fed[] | undefined {
    return fedByLoss(this.trace, this.parts.options, targets)
  }

  /** The loss before the update, and the groups as they are after it. */
  run(
    batch: Batch,
    {
      state,
      rates,
      fed,
      dropout,
    }: { state: State; rates: readonly number[]; fed: readonly Fed[]; dropout?: Rng },
  ): { readonly loss: number; readonly state: State } {
    const others = tensorsOf([...this.drawn(dropout), ...fed])
    const slots = this.slotsOf(state)
    const scalars = this.scalars(state, group => rates[group])
    const weights = weightsOf(this.parts.options, batch)
    const inputs = this.inputs(batch.input, { weights, scalars, state, slots })
    const [loss, ...results] = this.made.call(inputs, others)
    const next = this.next(state, results)
    const value = loss.dataSync()[0]
    tf.dispose([loss, scalars, ...this.begunOf(state, slots), ...others.values(), weights ?? []])
    return { loss: value, state: next }
  }

  dispose(): void {
    this.made.dispose()
  }

  private body(own: tf.Tensor[], targets: readonly unknown[], live: Live): readonly tf.Tensor[] {
    const { options, rule, layouts } = this.parts
    const take = () => own.shift() as tf.Tensor
    const input = take()
    const weights = options.task.weight && take()
    const scalars = tf.unstack(take())
    const learned = new Map<number, tf.Tensor>()
    for (const group of this.read) {
      const flat = take()
      learned.set(group, flat)
      layouts[group].learned.bind(flat)
      layouts[group].fixed.bind(take())
    }
    const { tensors, masks } = differentiated(options, this.signature, { input, weights, targets }, live)
    this.masks = masks
    const moved = this.moving.flatMap((group, i) => {
      const gradient = layouts[group].learned.joined(({ name }) => tensors.gradients.get(name) as tf.Tensor)
      const slots = rule.slots.map(take)
      const own = scalars.slice(i * this.count, (i + 1) * this.count)
      const after = rule.apply(learned.get(group) as tf.Tensor, gradient, slots, own)
      return [after.value, ...after.slots]
    })
    const { statistics } = tensors
    this.following = this.read.filter(group => statistics.some(({ variable }) => variable.group === group))
    const followed = this.following.map(group => follow(layouts[group], statistics))
    tf.dispose(statistics.map(({ batch }) => batch))
    return [tensors.loss, ...moved, ...followed]
  }

  private get count(): number {
    return this.parts.rule.scalars(0, 1).length
  }

  private inputs(
    input: tf.Tensor,
    of: {
      readonly weights?: tf.Tensor
      readonly scalars: tf.Tensor
      readonly state: State
      readonly slots: readonly (readonly tf.Tensor[])[]
    },
  ): readonly tf.Tensor[] {
    const { weights, scalars, state, slots } = of
    return [
      input,
      ...(weights === undefined ? [] : [weights]),
      scalars,
      ...this.read.flatMap(group => [state[group].learned.tensor, state[group].fixed.tensor]),
      ...slots.flat(),
    ]
  }

  /** Of the moving groups, in order. */
  private scalars(state: State, rate: (group: number) => number): tf.Tensor {
    const values = this.moving.flatMap(group => this.parts.rule.scalars(rate(group), state[group].step + 1))
    return tf.tensor1d(values)
  }

  private slotsOf(state: State): readonly (readonly tf.Tensor[])[] {
    const { rule, layouts } = this.parts
    return this.moving.map(group => {
      const { slots } = state[group]
      if (slots.length === rule.slots.length) return slots.map(({ tensor }) => tensor)
      return rule.slots.map(() => layouts[group].learned.zeros())
    })
  }

  /** Slots that were made for this step, since the state had none. */
  private begunOf(state: State, slots: readonly (readonly tf.Tensor[])[]): readonly tf.Tensor[] {
    return slots.flatMap((own, i) => (state[this.moving[i]].slots.length === 0 ? own : []))
  }

  private drawn(dropout: Rng | undefined): readonly Fed[] {
    return this.masks.flatMap(({ rate, shape }, i) => {
      const [tensor] = this.trace.live[i].events
      if ('op' in tensor || dropout === undefined) return []
      return [{ tensor, values: drawMask(dropout, rate, shape) }]
    })
  }

  private next(state: State, results: readonly tf.Tensor[]): State {
    const left = results.map(tensor => new Held(tensor))
    const take = (): Held => left.shift() as Held
    const next: GroupState[] = [...state]
    for (const group of this.moving) {
      const { fixed, step } = state[group]
      next[group] = { learned: take(), slots: this.parts.rule.slots.map(take), fixed, step: step + 1 }
    }
    for (const group of this.following) next[group] = { ...next[group], fixed: take() }
    return next
  }
}

/** A group's other variables, those statistics among them that follow the batch's. */
function follow({ fixed }: GroupLayout, statistics: readonly BatchStatistic[]): tf.Tensor {
  return fixed.joined(variable => {
    const own = statistics.find(statistic => statistic.variable === variable)
    if (own === undefined) return variable.handle
    return tf.add(tf.mul(variable.handle, own.momentum), tf.mul(own.batch, 1 - own.momentum))
  })
}

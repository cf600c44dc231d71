import type { Rng } from '../../common/random.ts'
import { drawMask, type Masks, masksFrom } from '../dropout.ts'
import type { ExecutorOptions } from '../eager-executor.ts'
import type { EngineRule } from '../engine-rules.ts'
import type { Batch } from '../executor.ts'
import type { FunctionBinding, NativeBackend } from '../function/binding.ts'
import type { Fed } from '../function/replay.ts'
import type { Live } from '../function/trace.ts'
import type { BatchStatistic } from '../gradients.ts'
import { tf } from '../tf.ts'
import { differentiated, type MaskPlan, type Signature, weightsOf } from './gradient-body.ts'
import { Held } from './held.ts'
import type { GroupLayout } from './layout.ts'
import type { GroupState, State } from './state.ts'
import { computed, TracedFunction } from './traced-function.ts'

export interface StepParts {
  readonly backend: NativeBackend<FunctionBinding>
  readonly options: ExecutorOptions
  readonly rule: EngineRule
  readonly layouts: readonly GroupLayout[]
}

/** One training step of one signature, as one operation where that can be: forward, loss, backward, optimizer, statistics. */
export class StepFunction {
  readonly traced: TracedFunction
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
    this.traced = new TracedFunction(backend, parts.options, inputs, (own, live) =>
      this.body([...own], batch.targets, live),
    )
    tf.dispose([scalars, ...this.begunOf(state, slots), weights ?? []])
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
    const slots = this.slotsOf(state)
    const scalars = this.scalars(state, group => rates[group])
    const weights = weightsOf(this.parts.options, batch)
    const inputs = this.inputs(batch.input, { weights, scalars, state, slots })
    try {
      const drawn = this.traced.refusal === undefined ? this.drawn(dropout) : []
      const [loss, ...results] =
        this.traced.call(inputs, [...drawn, ...fed]) ??
        computed(
          (own, live) => this.body([...own], batch.targets, live, dropout && masksOf(drawn, dropout)),
          inputs,
        )
      const next = this.next(state, results)
      const value = loss.dataSync()[0]
      loss.dispose()
      return { loss: value, state: next }
    } finally {
      tf.dispose([scalars, ...this.begunOf(state, slots), weights ?? []])
    }
  }

  private body(
    own: tf.Tensor[],
    targets: readonly unknown[],
    live: Live,
    masksNow?: Masks,
  ): readonly tf.Tensor[] {
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
    const entering = { input, weights, targets }
    const { tensors, masks } = differentiated(options, this.signature, entering, live, masksNow)
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
      const [tensor] = this.traced.live[i].events
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

/** Those that were drawn already, then others of the same stream. */
function masksOf(drawn: readonly Fed[], rng: Rng): Masks {
  const [left, more] = [[...drawn], masksFrom(rng)]
  return (rate, shape) => {
    const next = left.shift()
    return next === undefined ? more(rate, shape) : tf.tensor(next.values, [...shape])
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

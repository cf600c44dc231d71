import type { Masks } from '../dropout.ts'
import type { ExecutorOptions } from '../eager-executor.ts'
import type { EngineRule } from '../engine-rules.ts'
import type { FunctionBinding, NativeBackend } from '../function/binding.ts'
import type { Live, Mark } from '../function/trace.ts'
import type { BatchStatistic } from '../gradients.ts'
import { tf } from '../tf.ts'
import { differentiated, type MaskPlan, type Signature } from './gradient-body.ts'
import type { GroupLayout } from './layout.ts'

export interface StepParts {
  readonly backend: NativeBackend<FunctionBinding>
  readonly options: ExecutorOptions
  readonly rule: EngineRule
  readonly layouts: readonly GroupLayout[]
}

/** What a training step of one signature computes, and what goes in and comes out of it, in order. */
export class StepBody {
  /** Groups whose variables are read. */
  readonly read: readonly number[]
  /** Groups that move. */
  readonly moving: readonly number[]
  /** Groups that there are scalars for. */
  readonly paced: readonly number[]
  /** Of dropout, in the order of their drawing, once it has run. */
  masks: readonly MaskPlan[] = []
  /** Groups whose statistics follow the batch's, once it has run. */
  following: readonly number[] = []

  constructor(
    readonly parts: StepParts,
    readonly signature: Signature,
    paced?: readonly number[],
  ) {
    const { layouts } = parts
    this.read = layouts.map((_, group) => group).filter(group => group >= signature.from)
    this.moving = this.read.filter(group => signature.trained[group] && layouts[group].learned.size > 0)
    this.paced = paced ?? this.moving
  }

  /** Names of what goes in. */
  get inputs(): readonly string[] {
    const { rule, options } = this.parts
    return [
      'input',
      ...(options.task.weight === undefined ? [] : ['weights']),
      'scalars',
      ...this.read.flatMap(group => [`learned ${group}`, `fixed ${group}`]),
      ...this.moving.flatMap(group => rule.slots.map((_, slot) => `slot ${slot} of ${group}`)),
    ]
  }

  /** Names of what comes out. */
  get outputs(): readonly string[] {
    const { rule } = this.parts
    return [
      'loss',
      ...this.moving.flatMap(group => [
        `learned ${group}`,
        ...rule.slots.map((_, slot) => `slot ${slot} of ${group}`),
      ]),
      ...this.following.map(group => `fixed ${group}`),
    ]
  }

  /** @param inputs as `inputs` names them. @param masksNow dropout's, when nothing is traced */
  run(
    inputs: readonly tf.Tensor[],
    targets: readonly unknown[],
    { live, mark, masksNow }: { readonly live: Live; readonly mark?: Mark; readonly masksNow?: Masks },
  ): readonly tf.Tensor[] {
    const { options, rule, layouts } = this.parts
    const own = [...inputs]
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
    const found = differentiated(options, this.signature, entering, { live, mark, masksNow })
    const { tensors } = found
    this.masks = found.masks
    const moved = this.moving.flatMap(group => {
      const gradient = layouts[group].learned.joined(({ name }) => tensors.gradients.get(name) as tf.Tensor)
      const slots = rule.slots.map(take)
      const at = this.paced.indexOf(group) * this.count
      const after = rule.apply(
        learned.get(group) as tf.Tensor,
        gradient,
        slots,
        scalars.slice(at, at + this.count),
      )
      return [after.value, ...after.slots]
    })
    const { statistics } = tensors
    this.following = this.read.filter(group => statistics.some(({ variable }) => variable.group === group))
    const followed = this.following.map(group => follow(layouts[group], statistics))
    tf.dispose(statistics.map(({ batch }) => batch))
    return [tensors.loss, ...moved, ...followed]
  }

  /** Scalars of one group. */
  private get count(): number {
    return this.parts.rule.scalars(0, 1).length
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

import type { Rng } from '../../common/random.ts'
import { drawMask, type Masks, masksFrom } from '../dropout.ts'
import type { Batch } from '../executor.ts'
import type { Fed } from '../function/replay.ts'
import { Held } from '../held.ts'
import { tf } from '../tf.ts'
import { enteringLabel, isPartOf, type Signature, weightsOf } from './gradient-body.ts'
import type { GroupState, State } from './state.ts'
import { StepBody, type StepParts } from './step-body.ts'
import { computed, TracedFunction } from './traced-function.ts'

/** One training step of one signature, as one operation where that can be: forward, loss, backward, optimizer, statistics. */
export class StepFunction {
  private constructor(
    private readonly body: StepBody,
    readonly traced: TracedFunction,
  ) {}

  /** Traces it. Binds the model's variables to tensors of the trace, which hold what `state` does. */
  static of(parts: StepParts, signature: Signature, state: State, batch: Batch): StepFunction {
    const body = new StepBody(parts, signature)
    const traced = withInputs({ body, state, batch, rate: () => 0 }, inputs =>
      TracedFunction.of(parts.backend, parts.options, inputs, (own, live, mark) =>
        body.run(own, batch.targets, { live, mark }),
      ),
    )
    return new StepFunction(body, traced)
  }

  get signature(): Signature {
    return this.body.signature
  }

  /** Whether the step of a signature is a part of this one, as far as can be told without making it. */
  covers(signature: Signature): boolean {
    const { body, traced } = this
    return traced.trace !== undefined && traced.refusal === undefined && isPartOf(signature, body.signature)
  }

  /**
   * The step of fewer groups, from later on, out of this one's operations: nothing is traced, and the bits are those of a trace
   * of its own. Undefined where it isn't a part of this one.
   */
  part(signature: Signature): StepFunction | undefined {
    const { body, traced } = this
    const { trace } = traced
    if (trace === undefined || !this.covers(signature)) return undefined
    const isLater = signature.from > body.signature.from
    const entering = isLater ? trace.marks.get(enteringLabel(signature.from)) : undefined
    if (isLater && `${entering?.shape}` !== `${signature.shape}`) return undefined
    const own = new StepBody(body.parts, signature, body.paced)
    own.masks = body.masks
    const values = new Map(body.outputs.map((name, i) => [name, trace.outputs[i]]))
    const names = new Map(body.inputs.map((name, i) => [name, trace.inputs[i]]))
    const part = traced.part({
      inputs: own.inputs.slice(isLater ? 1 : 0).map(name => names.get(name) as string),
      entering,
      outputs: own.outputs.map(name => values.get(name) as string),
    })
    return part && new StepFunction(own, part)
  }

  /** The loss before the update, and the groups as they are after it. */
  run(
    batch: Batch,
    of: {
      readonly state: State
      readonly rates: readonly number[]
      readonly fed: readonly Fed[]
      readonly dropout?: Rng
    },
  ): { readonly loss: number; readonly state: State } {
    const { state, rates, fed, dropout } = of
    const { body, traced } = this
    return withInputs({ body, state, batch, rate: group => rates[group] }, inputs => {
      const drawn = traced.refusal === undefined ? this.drawn(dropout) : []
      const [loss, ...results] =
        traced.call(inputs, [...drawn, ...fed]) ??
        computed(
          (own, live) => body.run(own, batch.targets, { live, masksNow: dropout && masksOf(drawn, dropout) }),
          inputs,
        )
      const next = this.next(state, results)
      const value = loss.dataSync()[0]
      loss.dispose()
      return { loss: value, state: next }
    })
  }

  /** Masks of those dropouts that are run. */
  private drawn(dropout: Rng | undefined): readonly Fed[] {
    if (dropout === undefined) return []
    const { live, trace } = this.traced
    return this.body.masks.flatMap(({ rate, shape }, i) => {
      const [tensor] = live[i].events
      if ('op' in tensor || !trace?.inputs.includes(tensor.argument ?? '')) return []
      return [{ tensor, values: drawMask(dropout, rate, shape) }]
    })
  }

  private next(state: State, results: readonly tf.Tensor[]): State {
    const { moving, following, parts } = this.body
    const left = results.map(tensor => new Held(tensor))
    const take = (): Held => left.shift() as Held
    const next: GroupState[] = [...state]
    for (const group of moving) {
      const { fixed, step } = state[group]
      next[group] = { learned: take(), slots: parts.rule.slots.map(take), fixed, step: step + 1 }
    }
    for (const group of following) next[group] = { ...next[group], fixed: take() }
    return next
  }
}

interface Given {
  readonly body: StepBody
  readonly state: State
  readonly batch: Batch
  readonly rate: (group: number) => number
}

/** What a step's body takes, for as long as `work` runs. */
function withInputs<T>({ body, state, batch, rate }: Given, work: (inputs: readonly tf.Tensor[]) => T): T {
  const { rule, options, layouts } = body.parts
  const weights = weightsOf(options, batch)
  const scalars = tf.tensor1d(body.paced.flatMap(group => rule.scalars(rate(group), state[group].step + 1)))
  // A state that was never updated has no slots.
  const begun: tf.Tensor[] = []
  const slots = body.moving.flatMap(group => {
    const known = state[group].slots
    if (known.length === rule.slots.length) return known.map(({ tensor }) => tensor)
    const zeros = rule.slots.map(() => layouts[group].learned.zeros())
    begun.push(...zeros)
    return zeros
  })
  const groups = body.read.flatMap(group => [state[group].learned.tensor, state[group].fixed.tensor])
  const own = weights === undefined ? [] : [weights]
  try {
    return work([batch.input, ...own, scalars, ...groups, ...slots])
  } finally {
    tf.dispose([scalars, ...begun, ...own])
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

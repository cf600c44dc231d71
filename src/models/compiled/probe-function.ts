import type { ExecutorOptions } from '../eager-executor.ts'
import type { Batch } from '../executor.ts'
import type { FunctionBinding, NativeBackend } from '../function/binding.ts'
import type { Fed } from '../function/replay.ts'
import type { Live } from '../function/trace.ts'
import { tf } from '../tf.ts'
import { differentiated, type Signature, weightsOf } from './gradient-body.ts'
import type { GroupLayout } from './layout.ts'
import type { State } from './state.ts'
import { computed, TracedFunction } from './traced-function.ts'

export interface ProbeParts {
  readonly backend: NativeBackend<FunctionBinding>
  readonly options: ExecutorOptions
  readonly layouts: readonly GroupLayout[]
}

/** Gradients of every group on one batch as one operation where that can be, a flat tensor a group. */
export class ProbeFunction {
  readonly traced: TracedFunction

  /** Binds the model's variables to tensors of the trace, which hold what `state` does. */
  constructor(
    private readonly parts: ProbeParts,
    private readonly signature: Signature,
    state: State,
    batch: Batch,
  ) {
    const { backend, options } = parts
    const weights = weightsOf(options, batch)
    const inputs = inputsOf(batch, weights, state)
    this.traced = new TracedFunction(backend, options, inputs, (own, live) =>
      this.body([...own], batch.targets, live),
    )
    tf.dispose(weights ?? [])
  }

  /** The caller's, by group; empty where nothing is learned. */
  run(batch: Batch, state: State, fed: readonly Fed[]): readonly tf.Tensor[] {
    const weights = weightsOf(this.parts.options, batch)
    const inputs = inputsOf(batch, weights, state)
    try {
      return (
        this.traced.call(inputs, fed) ??
        computed((own, live) => this.body([...own], batch.targets, live), inputs)
      )
    } finally {
      tf.dispose(weights ?? [])
    }
  }

  private body(own: tf.Tensor[], targets: readonly unknown[], live: Live): readonly tf.Tensor[] {
    const { options, layouts } = this.parts
    const take = () => own.shift() as tf.Tensor
    const input = take()
    const weights = options.task.weight && take()
    for (const { learned, fixed } of layouts) {
      learned.bind(take())
      fixed.bind(take())
    }
    const { tensors } = differentiated(options, this.signature, { input, weights, targets }, live)
    return layouts.map(({ learned }) =>
      learned.size === 0
        ? learned.zeros()
        : learned.joined(({ name }) => tensors.gradients.get(name) as tf.Tensor),
    )
  }
}

function inputsOf({ input }: Batch, weights: tf.Tensor | undefined, state: State): readonly tf.Tensor[] {
  const groups = state.flatMap(({ learned, fixed }) => [learned.tensor, fixed.tensor])
  return [input, ...(weights === undefined ? [] : [weights]), ...groups]
}

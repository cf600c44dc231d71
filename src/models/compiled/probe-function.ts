import type { ExecutorOptions } from '../eager-executor.ts'
import type { Batch } from '../executor.ts'
import type { FunctionBinding, NativeBackend } from '../function/binding.ts'
import { EngineFunction } from '../function/engine-function.ts'
import type { Fed } from '../function/replay.ts'
import { type Live, type Trace, trace } from '../function/trace.ts'
import { tf } from '../tf.ts'
import { differentiated, fedByLoss, type Signature, tensorsOf, weightsOf } from './gradient-body.ts'
import type { GroupLayout } from './layout.ts'
import type { State } from './state.ts'

export interface ProbeParts {
  readonly backend: NativeBackend<FunctionBinding>
  readonly options: ExecutorOptions
  readonly layouts: readonly GroupLayout[]
}

/** Gradients of every group on one batch as one operation, a flat tensor a group. */
export class ProbeFunction {
  private readonly made: EngineFunction
  private readonly trace: Trace

  /** Binds the model's variables to tensors of the trace, which hold what `state` does. */
  constructor(
    private readonly parts: ProbeParts,
    private readonly signature: Signature,
    state: State,
    batch: Batch,
  ) {
    const weights = weightsOf(parts.options, batch)
    const inputs = inputsOf(batch, weights, state)
    this.trace = trace(parts.backend, inputs, (own, live) => this.body([...own], batch.targets, live))
    this.made = new EngineFunction(parts.backend, this.trace)
    tf.dispose(weights ?? [])
  }

  /** As a step's. */
  fed(targets: readonly unknown[]): readonly Fed[] | undefined {
    return fedByLoss(this.trace, this.parts.options, targets)
  }

  /** The caller's, by group; empty where nothing is learned. */
  run(batch: Batch, state: State, fed: readonly Fed[]): readonly tf.Tensor[] {
    const others = tensorsOf(fed)
    const weights = weightsOf(this.parts.options, batch)
    const gradients = this.made.call(inputsOf(batch, weights, state), others)
    tf.dispose([...others.values(), weights ?? []])
    return gradients
  }

  dispose(): void {
    this.made.dispose()
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

import type { ExecutorOptions } from '../eager-executor.ts'
import type { Batch } from '../executor.ts'
import type { FunctionBinding, NativeBackend } from '../function/binding.ts'
import type { Fed } from '../function/replay.ts'
import type { Live } from '../function/trace.ts'
import { tf } from '../tf.ts'
import { gradientSums, gramOf } from './figures.ts'
import { differentiated, weightsOf } from './gradient-body.ts'
import type { GroupLayout } from './layout.ts'
import type { State } from './state.ts'
import { computed, TracedFunction } from './traced-function.ts'

export interface ProbeParts {
  readonly backend: NativeBackend<FunctionBinding>
  readonly options: ExecutorOptions
  readonly layouts: readonly GroupLayout[]
}

/** The halves of a probe batch, or one batch that has none; and a mean gradient to compare theirs with, by group. */
export interface Probed {
  readonly halves: readonly Batch[]
  readonly previous: readonly tf.Tensor[]
}

/** On the engine; the caller's. */
interface Found {
  /** As `gradientSums` gives them. */
  readonly sums: tf.Tensor
  /** [groups · clips · clips]: how alike the clips are at the end of each group. */
  readonly grams: tf.Tensor
  /** By group; empty where nothing is learned. */
  readonly means: readonly tf.Tensor[]
}

/** Everything that a decision reads of gradients and activations as one operation, where that can be. */
export class ProbeFunction {
  readonly traced: TracedFunction

  /** Binds the model's variables to tensors of the trace, which hold what `state` does. */
  constructor(
    private readonly parts: ProbeParts,
    state: State,
    probed: Probed,
  ) {
    const { backend, options } = parts
    this.traced = this.withInputs(state, probed, inputs =>
      TracedFunction.of(backend, options, inputs, this.bodyOf(probed)).forget(),
    )
  }

  run(state: State, probed: Probed, fed: readonly Fed[]): Found {
    const [sums, grams, ...means] = this.withInputs(
      state,
      probed,
      inputs => this.traced.call(inputs, fed) ?? computed(this.bodyOf(probed), inputs),
    )
    return { sums, grams, means }
  }

  private withInputs<T>(
    state: State,
    { halves, previous }: Probed,
    work: (inputs: readonly tf.Tensor[]) => T,
  ): T {
    const weights = halves.map(half => weightsOf(this.parts.options, half))
    const entering = halves.flatMap(({ input }, i) => [
      input,
      ...(weights[i] === undefined ? [] : [weights[i]]),
    ])
    const groups = state.flatMap(({ learned, fixed }) => [learned.tensor, fixed.tensor])
    try {
      return work([...entering, ...groups, ...previous])
    } finally {
      tf.dispose(weights.filter(weight => weight !== undefined))
    }
  }

  private bodyOf({ halves }: Probed) {
    return (inputs: readonly tf.Tensor[], live: Live) => this.body([...inputs], halves, live)
  }

  private body(own: tf.Tensor[], halves: readonly Batch[], live: Live): readonly tf.Tensor[] {
    const { options, layouts } = this.parts
    const take = () => own.shift() as tf.Tensor
    const entering = halves.map(({ targets, clips }) => {
      return { input: take(), weights: options.task.weight && take(), targets, clips }
    })
    for (const { learned, fixed } of layouts) {
      learned.bind(take())
      fixed.bind(take())
    }
    const all = layouts.map(({ learned }) => learned.size > 0)
    const gradients = entering.map(half => {
      const signature = { clips: half.clips, shape: half.input.shape, from: 0, trained: all, dropout: false }
      const { tensors } = differentiated(options, signature, half, { live })
      return layouts.map(({ learned }) =>
        learned.size === 0
          ? learned.zeros()
          : learned.joined(({ name }) => tensors.gradients.get(name) as tf.Tensor),
      )
    })
    const [sums, ...means] = gradientSums(gradients[0], gradients[gradients.length - 1], own)
    return [sums, this.grams(entering), ...means]
  }

  /** The forward pass is that of the gradients: TensorFlow computes what is alike once. */
  private grams(entering: readonly { readonly input: tf.Tensor; readonly clips: number }[]): tf.Tensor {
    const { network } = this.parts.options
    const rows = entering.map(({ input, clips }) =>
      network.activations(input, clips).map(one => tf.reshape(one, [clips, -1])),
    )
    return tf.concat(
      rows[0].map((_, group) => {
        const parts = rows.map(half => half[group])
        return gramOf(parts.length === 1 ? parts[0] : tf.concat(parts), sumOf(entering))
      }),
    )
  }
}

function sumOf(entering: readonly { readonly clips: number }[]): number {
  return entering.reduce((sum, { clips }) => sum + clips, 0)
}

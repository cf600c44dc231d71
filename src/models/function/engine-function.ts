import type { tf } from '../tf.ts'
import type { FunctionBinding, NativeBackend, OpAttribute } from './binding.ts'
import { graphDef } from './graph-def.ts'
import type { Trace } from './trace.ts'

/**
 * ConfigProto, serialised: `graph_options.rewrite_options { remapping = OFF, meta_optimizer_iterations = ONE }`. The remapper
 * fuses an explicitly padded depthwise convolution with its bias and ReLU6 into a kernel that has no explicit padding, and
 * TensorFlow 2.21 then aborts. A second iteration costs a fifth of compiling, and no bit of any step that was tried depends on it.
 */
const WITHOUT_REMAPPER_ONCE = 'R\x06R\x04p\x02`\x01'
/** Above it, optimising the graph takes longer than it saves: unrolled recurrences. */
const OPTIMISED_NODES = 4000

let made = 0

/** Functions that nobody has any more leave the engine. Only the name is kept for it: whatever else would keep much alive. */
const unreachable = new FinalizationRegistry<{
  readonly backend: NativeBackend<FunctionBinding>
  readonly name: string
}>(({ backend, name }) => backend.binding.removeFunction(name))

/** A function of TensorFlow's, in the engine until it is disposed of or unreachable. */
export class EngineFunction {
  private readonly name = `layergym_${made++}`
  private readonly attributes: readonly OpAttribute[]
  private readonly inputs: readonly string[]
  private readonly variables: Trace['variables']
  private readonly outputs: number

  /** @throws TensorFlow's own words where the graph is none */
  constructor(
    private readonly backend: NativeBackend<FunctionBinding>,
    { nodes, inputs, outputs, variables }: Trace,
  ) {
    const { binding } = backend
    this.inputs = inputs
    this.variables = variables
    this.outputs = outputs.length
    const results = outputs.map(output => (output.includes(':') ? output : `${output}:0`))
    binding.addFunction(this.name, graphDef(nodes), inputs, results)
    unreachable.register(this, { backend, name: this.name }, this)
    const type = binding.TF_ATTR_STRING
    this.attributes =
      nodes.length > OPTIMISED_NODES
        ? []
        : [
            { name: 'config_proto', type, value: WITHOUT_REMAPPER_ONCE },
            { name: 'executor_type', type, value: '' },
          ]
  }

  /** @param others by name, what `Trace.inputs` asks for beyond `inputs`; variables need none. The caller owns the results. */
  call(inputs: readonly tf.Tensor[], others: ReadonlyMap<string, tf.Tensor> = new Map()): tf.Tensor[] {
    const rest = this.inputs.slice(inputs.length).map(name => {
      const tensor = others.get(name) ?? this.variables.get(name)
      if (tensor === undefined) throw new Error(`a function was called without its argument ${name}`)
      return tensor
    })
    return this.backend.executeMultipleOutputs(this.name, this.attributes, [...inputs, ...rest], this.outputs)
  }

  dispose(): void {
    unreachable.unregister(this)
    this.backend.binding.removeFunction(this.name)
  }
}

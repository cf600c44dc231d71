import type { FunctionBinding, NativeBackend } from '../function/binding.ts'
import { LastUsed } from '../function/cache.ts'
import { EngineFunction } from '../function/engine-function.ts'
import { trace } from '../function/trace.ts'
import { tf } from '../tf.ts'
import { FUNCTIONS_KEPT } from './functions.ts'
import type { GroupLayout } from './layout.ts'
import type { Refusals } from './refusals.ts'
import type { State } from './state.ts'

/** What goes forward: the input, and the groups whose variables are read. */
export interface Pass {
  /** Names what is computed; shapes are added. */
  readonly what: string
  readonly input: tf.Tensor
  readonly groups: readonly number[]
  /** With the model's variables bound. */
  body(input: tf.Tensor): readonly tf.Tensor[]
}

/**
 * Calls after which a pass becomes a function. On a CPU its bits are those of its operations one by one, so that nothing
 * depends on when it does; on a GPU TensorFlow may lay tensors out in another way, and it is one from the beginning.
 */
const PATIENCE = { cpu: 3, gpu: 0 }
const KEPT = 16

/** Forward passes, as one operation each where they come often. */
export class Passes {
  private readonly functions = new LastUsed<EngineFunction>(KEPT, made => made.dispose(), FUNCTIONS_KEPT)
  private readonly calls = new Map<string, number>()
  private readonly refused = new Set<string>()

  constructor(
    private readonly backend: NativeBackend<FunctionBinding>,
    private readonly layouts: readonly GroupLayout[],
    private readonly refusals: Refusals,
  ) {}

  /** The caller's. @param bind puts `state` into the model's variables */
  run(pass: Pass, state: State, bind: () => void): readonly tf.Tensor[] {
    const key = `${pass.what} [${pass.input.shape}]`
    const known = this.functions.get(key)
    if (known !== undefined) return known.call(inputsOf(pass, state))
    const calls = (this.calls.get(key) ?? 0) + 1
    this.calls.set(key, calls)
    bind()
    const patience = this.backend.isUsingGpuDevice ? PATIENCE.gpu : PATIENCE.cpu
    const called = calls <= patience || this.refused.has(key) ? undefined : this.first(key, pass, state)
    return called ?? tf.tidy(() => [...pass.body(pass.input)])
  }

  /** Undefined where the pass can't be a function. */
  private first(key: string, pass: Pass, state: State): readonly tf.Tensor[] | undefined {
    try {
      const made = this.traced(pass, state)
      const results = made.call(inputsOf(pass, state))
      this.functions.set(key, made)
      return results
    } catch (error) {
      this.refused.add(key)
      this.refusals.tell(error)
      return undefined
    }
  }

  private traced(pass: Pass, state: State): EngineFunction {
    const { backend, layouts } = this
    const traced = trace(backend, inputsOf(pass, state), ([input, ...flats]) => {
      pass.groups.forEach((group, i) => {
        layouts[group].learned.bind(flats[2 * i])
        layouts[group].fixed.bind(flats[2 * i + 1])
      })
      return pass.body(input)
    })
    return new EngineFunction(backend, traced)
  }
}

function inputsOf({ input, groups }: Pass, state: State): readonly tf.Tensor[] {
  return [input, ...groups.flatMap(group => [state[group].learned.tensor, state[group].fixed.tensor])]
}

import { tf } from '../tf.ts'
import { functionBackend } from './binding.ts'
import { LastUsed } from './cache.ts'
import { EngineFunction } from './engine-function.ts'
import { trace } from './trace.ts'

/** How a function is compiled. */
export interface CompileOptions {
  /** Shapes and types of arguments that are kept ready, the last used ones; default 16. */
  readonly signatures?: number
}

/** A function of tensors that runs as one operation of the engine. */
export interface Compiled<A extends readonly tf.Tensor[], R extends tf.Tensor | readonly tf.Tensor[]> {
  /** The caller owns the results. */
  (...inputs: A): R
  /** How many signatures are ready; 0 on engines that have no functions. */
  readonly signatures: number
  /** Takes the functions out of the engine; a later call makes them anew. */
  dispose(): void
}

const DEFAULT_SIGNATURES = 16

interface Ready {
  readonly made: EngineFunction
  readonly single: boolean
}

/**
 * tf.function for tfjs-node: a pure function of tensors, written in tfjs (gradients inside included), is run once for each
 * signature and recorded, and is from then on one operation that TensorFlow optimises whole. tf.Variables that it reads are
 * arguments that need not be passed. On other engines, and where the addon has no functions, it runs as it is.
 * @throws input error `function.host-read`, `function.capture` that names the operation, at the first call
 */
export function compileFunction<
  const A extends readonly tf.Tensor[],
  R extends tf.Tensor | readonly tf.Tensor[],
>(body: (...inputs: A) => R, options: CompileOptions = {}): Compiled<A, R> {
  const functions = new LastUsed<Ready>(options.signatures ?? DEFAULT_SIGNATURES, ({ made }) =>
    made.dispose(),
  )
  const call = (...inputs: A): R => {
    const backend = functionBackend()
    if (backend === undefined) return tf.tidy(() => owned(body(...inputs), inputs)) as R
    const key = inputs.map(({ shape, dtype }) => `${dtype}[${shape}]`).join(' ')
    const { made, single } = functions.get(key) ?? functions.set(key, ready(backend, inputs, body))
    const results = made.call(inputs)
    return (single ? results[0] : results) as unknown as R
  }
  return Object.defineProperties(call, {
    signatures: { get: () => functions.size },
    dispose: { value: () => functions.clear() },
  }) as Compiled<A, R>
}

function ready<A extends readonly tf.Tensor[]>(
  backend: NonNullable<ReturnType<typeof functionBackend>>,
  inputs: A,
  body: (...inputs: A) => tf.Tensor | readonly tf.Tensor[],
): Ready {
  let single = false
  const traced = trace(backend, inputs, own => {
    const result = body(...(own as unknown as A))
    single = !Array.isArray(result)
    return (single ? [result] : result) as readonly tf.Tensor[]
  })
  return { made: new EngineFunction(backend, traced), single }
}

/** As a function's results are: none of them is an argument itself. */
function owned(results: tf.Tensor | readonly tf.Tensor[], inputs: readonly tf.Tensor[]) {
  const copy = (tensor: tf.Tensor) => (inputs.includes(tensor) ? tf.clone(tensor) : tensor)
  return Array.isArray(results) ? results.map(copy) : copy(results as tf.Tensor)
}

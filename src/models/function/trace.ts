import { inputError } from '../../common/error.ts'
import { tf } from '../tf.ts'
import { type EngineTensor, type FunctionBinding, type NativeBackend, uploading } from './binding.ts'
import type { Node } from './graph-def.ts'
import { hostFree } from './host-free.ts'
import { type LivePiece, Recording } from './recording.ts'

/** Runs a piece whose tensors made of host values are other ones at every call: each becomes an argument. */
export type Live = <T>(inputs: readonly tf.Tensor[], piece: (inputs: readonly tf.Tensor[]) => T) => T

/** Remembers where in the graph a tensor is. */
export type Mark = (label: string, tensor: tf.Tensor) => void

/** A place in a graph. */
export interface Place extends Omit<EngineTensor, 'id'> {
  /** `node` or `node:output` */
  readonly value: string
}

type TracedBody = (inputs: readonly tf.Tensor[], live: Live, mark: Mark) => readonly tf.Tensor[]

/** What a body did, as a graph. */
export interface Trace {
  readonly nodes: readonly Node[]
  /** Names of the arguments: first the inputs, in their order; then variables and live tensors as they were found. */
  readonly inputs: readonly string[]
  /** By argument name: the tf.Variable that it stands for. */
  readonly variables: ReadonlyMap<string, tf.Variable>
  readonly live: readonly LivePiece[]
  readonly outputs: readonly string[]
  /** By label. */
  readonly marks: ReadonlyMap<string, Place>
}

/** A trace that came to nothing: why, and the live pieces up to there. */
export interface Refused {
  readonly error: unknown
  readonly live: readonly LivePiece[]
}

/**
 * Runs a body once, on these inputs, and records what it does. Its results are thrown away: a function gives the same
 * bits whether it was just traced or long ago.
 * @throws input error that names the operation where a value is read on the host or a tensor comes from nowhere
 */
export function trace(
  backend: NativeBackend<FunctionBinding>,
  inputs: readonly tf.Tensor[],
  body: TracedBody,
): Trace {
  const traced = tryTrace(backend, inputs, body)
  if ('error' in traced) throw traced.error
  return traced
}

/** As `trace`, for those who go on without. */
export function tryTrace(
  backend: NativeBackend<FunctionBinding>,
  inputs: readonly tf.Tensor[],
  body: TracedBody,
): Trace | Refused {
  const real = backend.binding
  const recording = new Recording(real)
  const variables = registeredVariables(backend, recording)
  const own = inputs.map(input => copyOf(backend, input))
  const names = own.map(tensor => recording.argument(engineTensor(backend, tensor)))
  const live: Live = (pieceInputs, piece) =>
    recording.inPiece(
      pieceInputs.map(tensor => engineTensor(backend, tensor)),
      () => uploading(backend, () => piece(pieceInputs)),
    )
  const outputs: string[] = []
  const marks = new Map<string, Place>()
  const mark: Mark = (label, tensor) => {
    const { id, shape, dtype } = engineTensor(backend, tensor)
    const value = recording.placeOf(id)
    if (value !== undefined) marks.set(label, { value, shape: [...shape], dtype })
  }
  backend.binding = recording.recorder() as FunctionBinding
  try {
    hostFree(() =>
      tf.tidy(() => {
        for (const output of body(own, live, mark)) {
          const { id, dtype } = engineTensor(backend, output)
          outputs.push(recording.result(id, dtype))
        }
      }),
    )
  } catch (error) {
    return { error, live: recording.live }
  } finally {
    backend.binding = real
    tf.dispose(own)
  }
  const others = recording.arguments.filter(name => !names.includes(name))
  const { nodes } = recording
  return { nodes, inputs: [...names, ...others], variables, live: recording.live, outputs, marks }
}

/** A tensor that shares nothing with another: the same one may be given for two arguments. */
function copyOf(backend: NativeBackend, input: tf.Tensor): tf.Tensor {
  const type = { name: 'T', type: backend.binding.TF_ATTR_TYPE, value: engineTensor(backend, input).dtype }
  return tf.keep(backend.executeSingleOutput('Identity', [type], [input]))
}

/** Variables become arguments where they are read; their values are those of each call. */
function registeredVariables(backend: NativeBackend, recording: Recording): ReadonlyMap<string, tf.Variable> {
  const variables = new Map<string, tf.Variable>()
  const owners = new Map<number, tf.Variable>()
  for (const variable of Object.values(tf.engine().registeredVariables)) {
    if (variable.dtype === 'string') continue
    const tensor = engineTensor(backend, variable)
    const other = owners.get(tensor.id)
    owners.set(tensor.id, variable)
    recording.whenRead(tensor.id, () => {
      if (other !== undefined)
        throw inputError(
          'function.variables',
          `the variables '${other.name}' and '${variable.name}' share one tensor: assign copies (tensor.clone() shares it too)`,
        )
      const name = recording.argument(tensor)
      variables.set(name, variable)
      return name
    })
  }
  return variables
}

function engineTensor(backend: NativeBackend, tensor: tf.Tensor): EngineTensor {
  const [id] = backend.getInputTensorIds([tensor])
  return { id, shape: tensor.shape, dtype: dtypeOf(backend, tensor) }
}

function dtypeOf(backend: NativeBackend, tensor: tf.Tensor): number {
  return backend.tensorMap.get(tensor.dataId).dtype
}

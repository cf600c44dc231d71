import { tf } from '../tf.ts'

/** An attribute of an operation as tfjs-node passes it. */
export interface OpAttribute {
  readonly name: string
  readonly type: number
  readonly value: unknown
}

/** A tensor that the engine holds. */
export interface EngineTensor {
  readonly id: number
  readonly shape: number[]
  readonly dtype: number
}

export type HostValues = Float32Array | Int32Array | Uint8Array

/** tfjs-node's addon: everything that it computes goes through four of these. */
export interface Binding {
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    ids: readonly number[],
    outputs: number,
  ): EngineTensor[]
  createTensor(shape: readonly number[], dtype: number, values: HostValues): number
  tensorDataSync(id: number): HostValues
  deleteTensor(id: number): void
  readonly TF_ATTR_STRING: number
  readonly TF_ATTR_INT: number
  readonly TF_ATTR_FLOAT: number
  readonly TF_ATTR_BOOL: number
  readonly TF_ATTR_TYPE: number
  readonly TF_ATTR_SHAPE: number
  readonly TF_FLOAT: number
  readonly TF_UINT8: number
}

/** What scripts/setup/native/functions.cc adds; an addon that was built elsewhere has none of it. */
export interface FunctionBinding extends Binding {
  /** @throws TensorFlow's own words where the graph is none */
  addFunction(name: string, graphDef: Uint8Array, inputs: readonly string[], outputs: readonly string[]): void
  removeFunction(name: string): void
  /** Bytes that tensors hold on behalf of objects, for the garbage collector; negative: hold no more. */
  weigh(bytes: number): void
}

/** The part of tfjs-node's backend that its own kernels are built on. */
export interface NativeBackend<B extends Binding = Binding> {
  binding: B
  readonly isUsingGpuDevice: boolean
  readonly tensorMap: { get(data: tf.DataId): { readonly dtype: number }; has(data: tf.DataId): boolean }
  /** Takes values in; they are uploaded when an operation reads them. */
  write(values: HostValues, shape: readonly number[], dtype: string): tf.DataId
  executeSingleOutput(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tf.Tensor[],
  ): tf.Tensor
  executeMultipleOutputs(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tf.Tensor[],
    outputs: number,
  ): tf.Tensor[]
  /** Uploads what isn't there yet. */
  getInputTensorIds(tensors: readonly { readonly dataId: tf.DataId }[]): number[]
  createOutputTensor(tensor: EngineTensor): tf.Tensor
}

/** tfjs-node's backend, or undefined on other engines. */
export function nativeBackend(): NativeBackend | undefined {
  return tf.getBackend() === 'tensorflow' ? (tf.backend() as unknown as NativeBackend) : undefined
}

/** The same where its addon can be given functions. */
export function functionBackend(): NativeBackend<FunctionBinding> | undefined {
  const backend = nativeBackend()
  return backend !== undefined && 'addFunction' in backend.binding
    ? (backend as NativeBackend<FunctionBinding>)
    : undefined
}

/** Runs something and uploads all tensors that it made of values, also those that only a later operation will read. */
export function uploading<T>(backend: NativeBackend, work: () => T): T {
  const { write } = backend
  const written: tf.DataId[] = []
  backend.write = (...values) => {
    const data = write.apply(backend, values)
    written.push(data)
    return data
  }
  try {
    const result = work()
    for (const dataId of written) if (backend.tensorMap.has(dataId)) backend.getInputTensorIds([{ dataId }])
    return result
  } finally {
    backend.write = write
  }
}

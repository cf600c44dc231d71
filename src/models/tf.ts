import { createRequire } from 'node:module'
import type * as tfjs from '@tensorflow/tfjs'
import { vendored } from '../common/vendored.ts'
import { copyRows } from './cpu-copies.ts'

/**
 * The one instance of TensorFlow.js, as a value and as a namespace of types: `import { tf } from './tf.ts'`.
 * Required rather than imported: Node takes four times as long to find the names of so large a CommonJS file. Where the
 * package is there it is that one, which the native package requires (a test holds that), so kernels, gradients and
 * layers registered on either side are seen by both; else the copy that the build carries.
 */
export const tf: typeof tfjs = whenUsed(() => {
  const own = whole() ?? (vendored('tfjs.cjs') as typeof tfjs)
  // Without it the first operation on the cpu backend prints an advertisement.
  own.env().set('PROD', true)
  copyRows(own)
  return own
})

/** Loaded when something is first asked of it: it takes as long as all else that a command begins with. */
function whenUsed<T extends object>(load: () => T): T {
  let loaded: T | undefined
  const own = () => {
    loaded ??= load()
    return loaded
  }
  return new Proxy({} as T, {
    get: (_, key) => Reflect.get(own(), key),
    set: (_, key, value) => Reflect.set(own(), key, value),
    has: (_, key) => Reflect.has(own(), key),
    ownKeys: () => Reflect.ownKeys(own()),
    getOwnPropertyDescriptor: (_, key) => {
      const found = Reflect.getOwnPropertyDescriptor(own(), key)
      return found && { ...found, configurable: true }
    },
    defineProperty: (_, key, how) => Reflect.defineProperty(own(), key, how),
  })
}

function whole(): typeof tfjs | undefined {
  const require = createRequire(import.meta.url)
  try {
    return require('@tensorflow/tfjs')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'MODULE_NOT_FOUND' && message.startsWith("Cannot find module '@tensorflow/tfjs'"))
      return undefined
    throw error
  }
}

export declare namespace tf {
  type DataId = tfjs.DataId
  type DataType = tfjs.DataType
  type GradSaveFunc = tfjs.GradSaveFunc
  type KernelConfig = tfjs.KernelConfig
  type LayersModel = tfjs.LayersModel
  type Shape = tfjs.Shape
  type NamedTensorMap = tfjs.NamedTensorMap
  type RNN = tfjs.RNN
  type Scalar = tfjs.Scalar
  type SymbolicTensor = tfjs.SymbolicTensor
  type Tensor<R extends tfjs.Rank = tfjs.Rank> = tfjs.Tensor<R>
  type Tensor1D = tfjs.Tensor1D
  type Tensor2D = tfjs.Tensor2D
  type Tensor4D = tfjs.Tensor4D
  type Variable = tfjs.Variable
  namespace io {
    type IOHandler = tfjs.io.IOHandler
    type ModelArtifacts = tfjs.io.ModelArtifacts
    type ModelJSON = tfjs.io.ModelJSON
    type SaveResult = tfjs.io.SaveResult
    type WeightData = tfjs.io.WeightData
    type WeightsManifestEntry = tfjs.io.WeightsManifestEntry
  }
  namespace layers {
    type Layer = tfjs.layers.Layer
  }
  namespace serialization {
    type ConfigDict = tfjs.serialization.ConfigDict
  }
}

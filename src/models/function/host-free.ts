import { tf } from '../tf.ts'
import { nativeBackend } from './binding.ts'

/** tfjs-node's own reads its indices on the host, only to refuse what is out of range: TensorFlow's kernel does that too. */
const GATHER: tf.KernelConfig = {
  kernelName: 'GatherV2',
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, attrs }) => {
    const backend = nativeBackend()
    if (backend === undefined) throw new Error('this kernel is of the native engine')
    const { x, indices } = inputs as Record<string, tf.Tensor>
    const { axis, batchDims } = attrs as unknown as { axis: number; batchDims: number }
    const { TF_ATTR_INT, TF_ATTR_TYPE } = backend.binding
    const type = (name: string, value: number) => ({ name, type: TF_ATTR_TYPE, value })
    const axisTensor = tf.scalar(axis, 'int32')
    const attributes = [
      { name: 'batch_dims', type: TF_ATTR_INT, value: batchDims },
      type('Tparams', backend.tensorMap.get(x.dataId).dtype),
      type('Tindices', backend.tensorMap.get(indices.dataId).dtype),
      type('Taxis', backend.tensorMap.get(axisTensor.dataId).dtype),
    ]
    const result = backend.executeSingleOutput('GatherV2', attributes, [x, indices, axisTensor])
    axisTensor.dispose()
    return result
  },
}

/** Runs something with kernels that read nothing on the host in the place of those of tfjs-node that do. */
export function hostFree<T>(work: () => T): T {
  const theirs = tf.getKernel('GatherV2', 'tensorflow')
  if (theirs === undefined) return work()
  tf.unregisterKernel('GatherV2', 'tensorflow')
  tf.registerKernel(GATHER)
  try {
    return work()
  } finally {
    tf.unregisterKernel('GatherV2', 'tensorflow')
    tf.registerKernel(theirs)
  }
}

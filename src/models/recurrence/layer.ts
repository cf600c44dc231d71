import type { ExecutionContext } from '../execution-context.ts'
import type { Value } from '../fused.ts'
import type { Layer } from '../graph.ts'
import type { NativeKernels } from '../kernels.ts'
import type { tf } from '../tf.ts'
import { gruCell, lstmCell } from './cell.ts'
import { plainRecurrence } from './plain.ts'
import { fusedRecurrence } from './recurrence.ts'

const CELLS = { GRU: gruCell, LSTM: lstmCell } as const

/** Runs a plain recurrence as one piece; its dropout is none here, as in the layer's own `call` at inference. */
export function runRecurrence(
  context: ExecutionContext,
  native: NativeKernels,
  layer: Layer,
  x: Value,
): tf.Tensor {
  const plain = plainRecurrence(layer)
  const kernel = context.parameter(layer, 'kernel')
  const recurrent = context.parameter(layer, 'recurrent_kernel')
  if (plain === undefined || kernel === undefined || recurrent === undefined)
    throw new Error(`layer '${layer.name}' is no plain recurrence`)
  return fusedRecurrence(native, {
    ...{ x, kernel, recurrent, bias: context.parameter(layer, 'bias') },
    cell: CELLS[plain.kind](native, plain),
    sequences: plain.sequences,
  })
}

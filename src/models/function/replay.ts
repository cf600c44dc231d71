import { tf } from '../tf.ts'
import { type EngineTensor, type HostValues, nativeBackend, uploading } from './binding.ts'
import { CREATE, type LivePiece, type LiveTensor, overlay, READ } from './recording.ts'

/** Values of one argument. */
export interface Fed {
  readonly tensor: LiveTensor
  readonly values: HostValues
}

/** Ids below −1 are no tensors of the engine: disposing of one touches nothing. */
const FIRST_STAND_IN = -2

/**
 * Runs a live piece again without computing anything, for the host values that it makes into tensors now.
 * @param work gets stand-ins for the tensors that the piece took
 * @returns undefined where it does something else than when it was recorded; of a piece that was refused nothing is fed
 */
export function replay(
  piece: LivePiece,
  work: (inputs: readonly tf.Tensor[]) => unknown,
): readonly Fed[] | undefined {
  const backend = nativeBackend()
  if (backend === undefined) return undefined
  const real = backend.binding
  const fed: Fed[] = []
  let at = 0
  let nextId = FIRST_STAND_IN
  const next = (call: string) => {
    if (at === piece.events.length && call === piece.refused) throw new Alike()
    return piece.events[at++]
  }
  const standIn = ({ shape, dtype }: EngineTensor) => ({ id: nextId--, shape: [...shape], dtype })
  backend.binding = overlay(real, {
    executeOp: op => {
      const event = next(op)
      if (event === undefined || !('op' in event) || event.op !== op) throw new Otherwise()
      return event.outputs.map(standIn)
    },
    createTensor: (shape, dtype, values) => {
      const event = next(CREATE)
      if (event === undefined || 'op' in event || !isAlike(event, shape, dtype, values)) throw new Otherwise()
      if (event.argument !== undefined) fed.push({ tensor: event, values })
      return nextId--
    },
    tensorDataSync: () => {
      next(READ)
      throw new Otherwise()
    },
    deleteTensor: id => {
      if (id >= 0) real.deleteTensor(id)
    },
  })
  try {
    tf.tidy(() => {
      const inputs = piece.inputs.map(input => backend.createOutputTensor(standIn(input)))
      uploading(backend, () => work(inputs))
    })
    return at === piece.events.length && piece.refused === undefined ? fed : undefined
  } catch (error) {
    if (error instanceof Alike) return []
    if (error instanceof Otherwise) return undefined
    throw error
  } finally {
    backend.binding = real
  }
}

/** The piece went another way than it was recorded. */
class Otherwise extends Error {}

/** The piece came to where it was refused. */
class Alike extends Error {}

function isAlike(then: LiveTensor, shape: readonly number[], dtype: number, values: HostValues): boolean {
  if (then.dtype !== dtype || then.shape.length !== shape.length) return false
  if (then.shape.some((side, axis) => side !== shape[axis])) return false
  if (!then.constant) return true
  const now = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return then.bytes.length === now.length && then.bytes.every((byte, i) => byte === now[i])
}

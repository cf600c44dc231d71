import { inputError } from '../common/error.ts'
import type { Rng } from '../common/random.ts'
import { CLIP_HEADS, FRAME_HEADS, type HeadKind } from './head-kinds.ts'
import { glorot, on } from './layers.ts'
import { tf } from './tf.ts'

/** Width of the two-layer head's first layer. */
const FRAME_UNITS = 48
/** Of a recurrent layer, in each direction. */
const RECURRENT_UNITS = 64
const DILATED_UNITS = 64
/** Frames between a convolution's three; together they see 31. */
const DILATIONS = [1, 2, 4, 8]

type Draw = () => ReturnType<typeof glorot>

/**
 * What a head's last layer reads, from standardised features [T, F]: one vector a clip, or with `frames` [T, ·] one a frame.
 * @throws input error for a kind that gives no such thing
 */
export function hidden(
  features: tf.SymbolicTensor,
  { kind, reads, rng }: { readonly kind: HeadKind; readonly reads: 'clip' | 'frames'; readonly rng: Rng },
): tf.SymbolicTensor {
  const kinds: readonly HeadKind[] = reads === 'frames' ? FRAME_HEADS : CLIP_HEADS
  if (!kinds.includes(kind)) {
    const answers = reads === 'frames' ? 'every frame by itself' : 'a clip as a whole'
    throw inputError(
      'head.reads',
      `the head '${kind}' can't be had: the task answers for ${answers}, which these can: ${kinds.join(', ')} (--head)`,
    )
  }
  const draw = () => glorot(rng)
  const everyFrame = reads === 'frames'
  const ended = (x: tf.SymbolicTensor) => (everyFrame ? x : on(tf.layers.flatten({ name: 'head_concat' }), x))
  switch (kind) {
    case 'linear':
      return ended(features)
    case 'mean':
      return on(tf.layers.globalAveragePooling1d({ name: 'head_mean' }), features)
    case 'two-layer': {
      const units = { units: FRAME_UNITS, name: 'head_frame', kernelInitializer: draw() }
      return ended(on(tf.layers.dense({ ...units, activation: 'relu' }), features))
    }
    case 'gru':
      return on(gru(everyFrame, draw), features)
    case 'lstm':
      return on(tf.layers.lstm({ ...recurrent(everyFrame, draw), name: 'head_lstm' }), features)
    case 'bidirectional': {
      const layer = gru(everyFrame, draw)
      return on(tf.layers.bidirectional({ layer, mergeMode: 'concat', name: 'head_both_ways' }), features)
    }
    case 'dilated':
      return dilated(features, draw)
    case 'conv-lstm':
      throw inputError(
        'head.no-maps',
        "the head 'conv-lstm' reads the maps of frames, which a model on sequences doesn't have: take gru or lstm (--head)",
      )
  }
}

/**
 * A single stage of MS-TCN (Farha & Gall 2019) without its last convolution: residual layers of a convolution over three
 * frames, dilated twice as far in each, ReLU, and one over channels.
 */
function dilated(features: tf.SymbolicTensor, draw: Draw): tf.SymbolicTensor {
  const convolution = (name: string, kernelSize: number, dilationRate = 1) =>
    tf.layers.conv1d({
      ...{ filters: DILATED_UNITS, kernelSize, dilationRate, padding: 'same', name },
      kernelInitializer: draw(),
    })
  return DILATIONS.reduce(
    (x, dilation) => {
      const seen = on(convolution(`head_dilated_${dilation}`, 3, dilation), x)
      const rectified = on(tf.layers.reLU({ name: `head_relu_${dilation}` }), seen)
      const change = on(convolution(`head_mixed_${dilation}`, 1), rectified)
      return on(tf.layers.add({ name: `head_sum_${dilation}` }), [x, change])
    },
    on(convolution('head_narrow', 1), features),
  )
}

function gru(returnSequences: boolean, draw: Draw): tf.RNN {
  return tf.layers.gru({ ...recurrent(returnSequences, draw), name: 'head_gru' }) as tf.RNN
}

function recurrent(returnSequences: boolean, draw: Draw) {
  return {
    units: RECURRENT_UNITS,
    returnSequences,
    kernelInitializer: draw(),
    recurrentInitializer: draw(),
  }
}

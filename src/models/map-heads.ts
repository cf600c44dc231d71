import type { Rng } from '../common/random.ts'
import { applyOverTime } from './apply-over-time.ts'
import { glorot, on } from './layers.ts'
import { tf } from './tf.ts'

/** Width of the head's maps, and of the recurrent layer's state. */
const CHANNELS = 32

/**
 * What a head's last layer reads, from standardised maps [T, H, W, C]: narrowed, through a convolutional LSTM (Shi et al.
 * 2015) with a kernel of 3x3, averaged over places: one vector a clip, or with `frames` [T, ·] one a frame.
 */
export function recurrentMaps(
  maps: tf.SymbolicTensor,
  { reads, rng }: { readonly reads: 'clip' | 'frames'; readonly rng: Rng },
): tf.SymbolicTensor {
  const narrow = tf.layers.conv2d({
    ...{ filters: CHANNELS, kernelSize: 1, activation: 'relu', name: 'head_narrow' },
    kernelInitializer: glorot(rng),
  })
  const everyFrame = reads === 'frames'
  const recurrent = tf.layers.convLstm2d({
    ...{ filters: CHANNELS, kernelSize: 3, padding: 'same', returnSequences: everyFrame },
    kernelInitializer: glorot(rng),
    recurrentInitializer: glorot(rng),
    name: 'head_conv_lstm',
  })
  const states = on(recurrent, applyOverTime(narrow, 'narrowed', maps))
  const pool = tf.layers.globalAveragePooling2d({ name: 'head_pool' })
  return everyFrame ? applyOverTime(pool, 'states_pooled', states) : on(pool, states)
}

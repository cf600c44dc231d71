import * as tf from '@tensorflow/tfjs'

// Without it the first operation on the cpu backend prints an advertisement.
tf.env().set('PROD', true)

/**
 * The one instance of TensorFlow.js, as a value and as a namespace of types: `import { tf } from './tf.ts'`.
 * Node resolves this import and the native package's own `require` to the same CommonJS file (a test holds
 * that), so kernels, gradients and layers registered on either side are seen by both.
 */
export { tf }

// Run by set-up as `node verify.mjs FOLDER`, where FOLDER is a tfjs-node package: exits 0 when it computes.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import util from 'node:util'

const folder = process.argv[2]
process.env.TF_CPP_MIN_LOG_LEVEL = '3'
const quiet = join(folder, 'lib', 'napi-v8', 'quiet.node')
try {
  if (existsSync(quiet)) process.dlopen({ exports: {} }, quiet)
} catch {} // it only keeps two lines off stderr
// Both were removed in Node 23.
util.isNullOrUndefined ??= value => value === null || value === undefined
util.isArray ??= Array.isArray

try {
  const tf = createRequire(join(folder, 'package.json'))(folder)
  if (folder.endsWith('-gpu') && !tf.backend().isUsingGpuDevice)
    throw new Error('TensorFlow sees no usable GPU')
  const product = tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).dataSync()
  if (!product.every(value => value === 3)) throw new Error(`a product came out as ${product}`)
  // cuDNN is reached by convolutions alone, and may have no code for a card whose products come out right.
  const x = tf.ones([1, 4, 4, 2])
  for (const [convolve, kernel, slope] of [
    [tf.conv2d, [2, 2, 2, 1], 9],
    [tf.depthwiseConv2d, [2, 2, 2, 1], 9],
  ]) {
    const found = tf
      .grad(w => tf.sum(convolve(x, w, 1, 'valid')))(tf.ones(kernel))
      .dataSync()
    if (!found.every(value => value === slope))
      throw new Error(`a convolution's gradient came out as ${found}`)
  }
} catch (error) {
  process.stderr.write(`${error.message.split('\n')[0]}\n`)
  process.exitCode = 1
}

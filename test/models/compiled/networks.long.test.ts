import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '../../../src/models/engine.ts'
import {
  differenceAfter,
  differentBits,
  gradientDifference,
  pairOf,
  roundingAfter,
} from '../../support/compiled.ts'

/** Where networks lie: those that ship, or a folder of more. */
const FOLDER = process.env.LAYERGYM_MODELS ?? 'models'
/** Graph models can't be fine-tuned, and the native engine has no dilated convolution in three dimensions. */
const LEFT_OUT: readonly string[] = ['centernet_mb3_graph', 'meshnet_conv3d', 'meshnet38_conv3d']
/** Larger, and a first step's rounding is amplified more from step to step, whoever computes it. */
const RATE = 1e-4
const NETWORKS = readdirSync(FOLDER).filter(
  name => !LEFT_OUT.includes(name) && existsSync(join(FOLDER, name, 'model.json')),
)

beforeAll(async () => {
  await startEngine({ engine: 'tfjs-node' })
})

describe.each(NETWORKS)('%s, compiled', name => {
  test('goes forward to the same bits, and its gradients and weights after 50 steps are those of eager steps', async () => {
    const make = () => pairOf(join(FOLDER, name), { size: 32, clips: 3, frames: 4 })
    const pair = await make()
    const found = {
      bits: differentBits(pair),
      gradients: gradientDifference(pair),
      batch: differenceAfter(pair, 1, RATE, 'batch'),
      weights: differenceAfter(pair, 50, RATE, 'frozen'),
      rounding: await roundingAfter(make, 50, RATE, 'frozen'),
    }
    process.stderr.write(`${name}: ${JSON.stringify(found)}\n`)
    expect(found.bits).toBe(0)
    expect(found.gradients).toBeLessThan(1e-5)
    expect(found.batch).toBeLessThan(1e-5)
    // ReLUs that turn over amplify the last bit: no step is held to less than eager steps are to themselves.
    expect(found.weights).toBeLessThan(Math.max(1e-5, 5 * found.rounding))
  })
})

import { createRequire } from 'node:module'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Engine, engineAvailability, startEngine } from '../../src/models/engine.ts'
import { ENGINES } from '../../src/models/engine-names.ts'
import { openedPackage } from '../../src/models/native.ts'
import { tf } from '../../src/models/tf.ts'

const require = createRequire(import.meta.url)

describe('one instance of tfjs', () => {
  test('the import here and the require inside tfjs-node give the same functions and classes', () => {
    const required = require('@tensorflow/tfjs') as Record<string, unknown>
    const imported = tf as unknown as Record<string, unknown>
    expect(Object.keys(required).filter(name => imported[name] !== required[name])).toEqual([])
    expect(tf.tensor(1)).toBeInstanceOf(required.Tensor)
  })
})

describe('startEngine', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await startEngine()
  })

  test('auto takes the first of the chain that is available, and says what it is made of', () => {
    const available = engineAvailability()
    const first = (['tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu'] as const).find(
      name => available[name].available,
    )
    expect(engine.name).toBe(first)
    expect(engine.versions).toMatchObject({ node: process.versions.node, tfjs: tf.version.tfjs })
    expect(engine.native).toBe(engine.versions.tensorflow !== undefined)
    // TensorFlow without a card may be the GPU package's.
    if (engine.native) expect([engine.name, 'tfjs-node-gpu']).toContain(openedPackage())
    if (engine.native) expect(process.env.TF_NUM_INTRAOP_THREADS).toBe(String(engine.threads))
  })

  test('asked again, answers the same engine', async () => {
    expect(await startEngine()).toBe(engine)
    expect(await startEngine({ engine: engine.name })).toBe(engine)
  })

  test('an unknown engine is an input error that suggests the near one', async () => {
    const error = await startEngine({ engine: 'tfjs-nod' as 'auto' }).catch(e => e)
    expect(error).toMatchObject({ code: 'engine.unknown', exitCode: 2 })
    expect(error.message).toContain("did you mean 'tfjs-node'")
  })

  test.each(ENGINES.filter(name => !engineAvailability()[name].available))(
    '%s, not available here, is an input error that says why',
    async name => {
      const error = await startEngine({ engine: name }).catch(e => e)
      expect(error).toMatchObject({ code: 'engine.unavailable', exitCode: 2 })
      const found = engineAvailability()[name]
      expect(error.message).toContain(found.available ? 'available after all' : found.reason)
    },
  )

  test.each([0, 1.5, -2, Number.NaN])('%d threads is refused', async threads => {
    await expect(startEngine({ threads })).rejects.toMatchObject({ code: 'engine.threads', exitCode: 2 })
  })

  test('threads of a running native engine stay as they are', async () => {
    if (!engine.native) return
    await expect(startEngine({ threads: engine.threads + 1 })).rejects.toMatchObject({
      code: 'engine.threads',
    })
    expect(await startEngine({ threads: engine.threads })).toBe(engine)
  })

  test.each(['cpu', 'wasm', 'auto'] as const)('layers predict and differentiate on %s', async choice => {
    const { name } = await startEngine({ engine: choice === 'auto' ? engine.name : choice })
    tf.tidy(() => {
      const model = tf.sequential({
        layers: [tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'ones' })],
      })
      const x = tf.tensor2d([[1, 2]])
      const { value, grads } = tf.variableGrads(() => tf.sum<tf.Scalar>(model.apply(x) as tf.Tensor))
      expect(tf.getBackend()).toBe(name.startsWith('tfjs-node') ? 'tensorflow' : name)
      expect(value.dataSync()[0]).toBe(3)
      const kernel = Object.keys(grads).find(key => key.endsWith('kernel')) ?? ''
      expect([...grads[kernel].dataSync()]).toEqual([1, 2])
      model.dispose()
    })
  })
})

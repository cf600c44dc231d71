import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startEngine } from '../../src/models/engine.ts'
import { loadModel } from '../../src/models/load.ts'
import type { Network } from '../../src/models/network.ts'
import { networkWriter } from '../../src/models/save.ts'
import { tf } from '../../src/models/tf.ts'

beforeAll(async () => {
  await startEngine()
})

const layer = (className: string, config: object) => ({ class_name: className, config })
/** A network of one dense layer, 3 → 2, or of what is given. */
const topology = (...layers: object[]) => ({
  class_name: 'Sequential',
  config: {
    name: 'net',
    layers: layers.length > 0 ? layers : [dense({ units: 2 })],
  },
})
const dense = (config: object) =>
  layer('Dense', { name: 'dense', batch_input_shape: [null, 3], use_bias: false, ...config })
const kernel = { name: 'dense/kernel', shape: [3, 2], dtype: 'float32' }

interface Parts {
  readonly topology?: object
  readonly paths?: readonly unknown[]
  readonly weights?: readonly object[]
  readonly files?: Readonly<Record<string, Uint8Array>>
}

function model({ files = { 'weights.bin': new Uint8Array(24) }, ...parts }: Parts): string {
  const folder = mkdtempSync(join(tmpdir(), 'layergym-limits-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'model'))
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, 'model', name), bytes)
  const { paths = ['weights.bin'], weights = [kernel] } = parts
  const json = { modelTopology: parts.topology ?? topology(), weightsManifest: [{ paths, weights }] }
  writeFileSync(join(folder, 'model', 'model.json'), JSON.stringify(json))
  return join(folder, 'model')
}

/** Nor does a refusal leave tensors. */
async function refused(folder: string, code: string, words: RegExp): Promise<void> {
  const { numTensors } = tf.memory()
  const error = await loadModel(folder).then(
    () => undefined,
    reason => reason,
  )
  expect(error).toMatchObject({ code, kind: 'input' })
  expect(error.message).toMatch(words)
  expect(tf.memory().numTensors).toBe(numTensors)
}

describe('weight files', () => {
  test('a whole model loads, its weights in several files too', async () => {
    const { model: one } = await loadModel(model({}))
    expect(one.countParams()).toBe(6)
    const files = { a: new Uint8Array(10), b: new Uint8Array(14) }
    const { model: two } = await loadModel(model({ paths: ['a', 'b'], files }))
    expect(two.countParams()).toBe(6)
  })

  test.each([['../../etc/passwd'], ['/etc/passwd'], ['..'], ['.'], [5], [null]])(
    '%j lies outside the folder',
    async name => refused(model({ paths: [name] }), 'model.shard-outside', /own folder alone/),
  )

  test('a link out of the folder is not followed', async () => {
    const folder = model({ files: {} })
    writeFileSync(join(folder, '..', 'secret'), new Uint8Array(24))
    symlinkSync('../secret', join(folder, 'weights.bin'))
    await refused(folder, 'model.shard-outside', /own folder alone/)
  })

  test('a link within the folder is', async () => {
    const folder = model({ files: { 'real.bin': new Uint8Array(24) } })
    symlinkSync('real.bin', join(folder, 'weights.bin'))
    expect((await loadModel(folder)).model.countParams()).toBe(6)
  })

  test.each([
    ['a pipe', (path: string) => void execFileSync('mkfifo', [path])],
    ['a folder', (path: string) => void mkdirSync(path)],
  ])('%s is no weight file', async (_, make) => {
    const folder = model({ files: {} })
    make(join(folder, 'weights.bin'))
    await refused(folder, 'model.shard', /regular file/)
  })

  test('one that is missing is named, with the folder', async () => {
    await refused(
      model({ paths: ['a/weights.bin'] }),
      'model.missing-shard',
      /needs the weight file a.weights\.bin, which is missing from/,
    )
    await refused(model({ paths: ['weights.bin/x'] }), 'model.missing-shard', /which is missing from/)
    const loop = model({ files: {} })
    symlinkSync('weights.bin', join(loop, 'weights.bin'))
    await refused(loop, 'model.shard', /weights\.bin can't be read: .*ELOOP/)
  })

  test.each([
    [20, /cut short/],
    [28, /another model/],
  ])('%d bytes where the manifest says 24', async (bytes, words) => {
    await refused(model({ files: { 'weights.bin': new Uint8Array(bytes) } }), 'model.weights-size', words)
  })

  test('a weight that is named twice', async () => {
    const weights = [
      { ...kernel, shape: [1, 3] },
      { ...kernel, shape: [1, 3] },
    ]
    await refused(model({ weights }), 'model.weights', /'dense.kernel' twice/)
  })

  test.each([[{}], [7], [null], [undefined]])(
    'weights called %s, which all texts would stand for',
    async name => {
      const weights = [
        { ...kernel, name, shape: [1, 3] },
        { ...kernel, name, shape: [1, 3] },
      ]
      await refused(model({ weights }), 'model.weights', /names are texts/)
    },
  )

  test.each<[object, string, RegExp]>([
    [{ ...kernel, shape: [1e6, 1e6] }, 'model.too-large', /1000000000000 parameters/],
    [{ ...kernel, shape: [-3, -2] }, 'model.too-large', /without a shape/],
    [{ ...kernel, shape: 6 }, 'model.too-large', /without a shape/],
    [{ ...kernel, dtype: 'string' }, 'model.weights', /type or shape/],
  ])('%j is not read', async (weight, code, words) => refused(model({ weights: [weight] }), code, words))
})

describe('weights that are no numbers', () => {
  test.each([
    ['NaN', Float32Array.of(1, 2, 3, Number.NaN, 5, 6), 'float32'],
    ['infinite', Float32Array.of(1, 2, 3, 4, 5, -Infinity), 'float32'],
    ['infinite in half precision', Uint16Array.of(1, 2, 0x7c00, 4, 5, 6), 'float16'],
  ])('%s', async (_, values, dtype) => {
    const quantization = dtype === 'float16' ? { quantization: { dtype, original_dtype: 'float32' } } : {}
    const files = { 'weights.bin': new Uint8Array(values.buffer) }
    await refused(
      model({ files, weights: [{ ...kernel, ...quantization }] }),
      'model.not-finite',
      /'dense.kernel'/,
    )
  })

  test('a scale that is none', async () => {
    const quantization = { dtype: 'uint8', scale: null, min: 'x' }
    const files = { 'weights.bin': new Uint8Array(6) }
    await refused(
      model({ files, weights: [{ ...kernel, quantization }] }),
      'model.not-finite',
      /'dense.kernel'/,
    )
  })

  test('are not saved either', async () => {
    const { model: loaded } = await loadModel(model({}))
    const write = await networkWriter({ model: loaded, variables: [] } as unknown as Network)
    const folder = join(model({}), '..', 'saved')
    await write(folder, {}, {})
    loaded.setWeights([tf.fill([3, 2], Number.NaN)])
    const broken = await networkWriter({ model: loaded, variables: [] } as unknown as Network)
    await expect(broken(folder, {}, {})).rejects.toMatchObject({ code: 'model.not-finite', kind: 'failure' })
    expect((await loadModel(folder)).model.countParams()).toBe(6)
  })
})

describe('memory before it is asked for', () => {
  test.each<[string, object]>([
    ['a layer', dense({ units: 1_000_000_000 })],
    [
      'one that is built in silence',
      layer('Embedding', { batch_input_shape: [null, 3], input_dim: 1e9, output_dim: 64 }),
    ],
    [
      'one within another',
      layer('Bidirectional', {
        batch_input_shape: [null, 4, 3],
        layer: layer('LSTM', { units: 1_000_000 }),
        backward_layer: layer('LSTM', { units: 1_000_000, go_backwards: true }),
      }),
    ],
  ])('%s that asks for more than the files hold', async (_, huge) => {
    const before = process.memoryUsage().rss
    await refused(model({ topology: topology(huge) }), 'model.unreadable', /more parameters than the 6/)
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6)
  })

  test('an output that no memory holds', async () => {
    const wide = layer('RepeatVector', { name: 'wide', n: 1_000_000_000 })
    await refused(
      model({ topology: topology(dense({ units: 2 }), wide) }),
      'model.unreadable',
      /'wide' gives/,
    )
  })

  test('weights that no layer takes', async () => {
    const weights = [{ ...kernel, name: 'other/kernel' }]
    await refused(model({ weights }), 'model.unreadable', /can't build this model/)
  })

  test('the bound is one model’s, not those of others that load at the same time', async () => {
    const models = await Promise.all([loadModel(model({})), loadModel(model({})), loadModel(model({}))])
    expect(models.map(({ model: one }) => one.countParams())).toEqual([6, 6, 6])
  })
})

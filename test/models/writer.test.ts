import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { startEngine } from '../../src/models/engine.ts'
import { readWeights, type Weights } from '../../src/models/initialize.ts'
import { loadModel } from '../../src/models/load.ts'
import { Network } from '../../src/models/network.ts'
import { hasNumbers, networkWriter } from '../../src/models/save.ts'
import { tinyImageModel } from '../support/models.ts'

beforeAll(async () => {
  await startEngine()
})

test('a network is written with the values that are given, each in its place; others as it holds them', async () => {
  const network = new Network(tinyImageModel(), { count: 2 })
  const write = await networkWriter(network)
  const own = readWeights(network)
  const names = Object.keys(own)
  const given: Weights = Object.fromEntries(
    names.flatMap((name, i) => (i % 3 === 0 ? [] : [[name, own[name].map((_, at) => i + at / 1000)]])),
  )
  const folder = join(await mkdtemp(join(tmpdir(), 'layergym-test-')), 'model')
  await write(folder, given, { task: 'mine' })
  const { model } = await loadModel(folder)
  expect(readWeights(new Network(model, { count: 2 }))).toEqual({ ...own, ...given })
  // What was written is no view of what trains on.
  expect(readWeights(network)).toEqual(own)
  const json = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'))
  expect(json).toMatchObject({
    format: 'layers-model',
    userDefinedMetadata: { layergym: { task: 'mine' } },
    weightsManifest: [{ paths: ['weights.bin'] }],
  })
})

test('weights are numbers, or there is one that is none', () => {
  expect(hasNumbers({})).toBe(true)
  expect(hasNumbers({ a: Float32Array.of(1, 2), b: new Float32Array() })).toBe(true)
  for (const odd of [Number.NaN, Infinity, -Infinity])
    expect(hasNumbers({ a: Float32Array.of(1), b: Float32Array.of(2, odd) })).toBe(false)
})

import { beforeAll, expect, test } from 'vitest'
import type { Clip } from '../../src/data/dataset.ts'
import { startEngine } from '../../src/models/engine.ts'
import { KeptBatches } from '../../src/models/kept-batches.ts'
import { Network } from '../../src/models/network.ts'
import { FrozenPrefix } from '../../src/models/prefix.ts'
import { tf } from '../../src/models/tf.ts'
import { randomPixels, tinyImageModel } from '../support/models.ts'

const SIDE = 12
const CLIP = SIDE * SIDE * 3
const VERSIONS = [0, 0, 0]

beforeAll(async () => {
  await startEngine({ engine: 'cpu' })
})

test('a batch is made once a state, and what is made is the caller’s', () => {
  const batches = new KeptBatches()
  let made = 0
  const get = (batch: string, state: string, room: number) => {
    const tensor = batches.get(batch, state, room, () => tf.tensor1d([++made, 0]))
    const [first] = tensor.dataSync()
    tensor.dispose()
    return first
  }
  const before = tf.memory().numTensors
  const kept = () => tf.memory().numTensors - before
  expect([get('a', '0', 16), get('a', '0', 16), get('b', '0', 16), get('a', '0', 16)]).toEqual([1, 1, 2, 1])
  expect(kept()).toBe(2)
  expect([get('a', '1', 16), get('a', '1', 16)], 'another state').toEqual([3, 3])
  expect(kept()).toBe(2)
  expect([get('c', '1', 16), get('c', '1', 16), get('a', '1', 16)], 'what is of another went').toEqual([
    4, 4, 3,
  ])
  expect(kept()).toBe(2)
  expect([get('b', '1', 16), get('b', '1', 16), get('a', '1', 16)], 'no room').toEqual([5, 6, 3])
  expect(kept()).toBe(2)
  expect([get('d', '2', 4), get('d', '2', 4)], 'less room than one takes').toEqual([7, 8])
  expect(kept()).toBe(0)
})

test('a frozen prefix enters a batch again from the engine, with the same bits, where the cache leaves room', () => {
  const network = new Network(tinyImageModel(1, SIDE), { count: 3 })
  const clips = ['a', 'b', 'c'].map((id): Clip => ({ id, path: '', label: '0' }))
  const all = randomPixels(clips.length * CLIP)
  const entered = (cacheBytes: number) => {
    let forwards = 0
    const forward = (
      { input, clips, from }: { input: tf.Tensor; clips: number; from: number },
      to: number,
    ) => {
      forwards++
      return network.forward(input, clips, from, to)
    }
    const prefix = new FrozenPrefix({ network, pixels: () => all, cacheBytes, batches: [clips] }, { forward })
    const values = (versions: readonly number[]) => {
      const tensor = prefix.enterAgain(clips, 2, versions)
      const found = tensor.dataSync()
      tensor.dispose()
      return found
    }
    const before = tf.memory().numTensors
    const [first, again] = [values(VERSIONS), values(VERSIONS)]
    expect(again).toEqual(first)
    const kept = tf.memory().numTensors - before
    const known = forwards
    values([1, 0, 0])
    expect(forwards, 'another state is computed').toBeGreaterThan(known)
    expect(tf.memory().numTensors - before).toBe(kept)
    return { first, kept }
  }
  const reserved = 2 * 4 * network.crossingSize(2) * clips.length
  const [without, roomy] = [entered(reserved), entered(2 * reserved)]
  expect([without.kept, roomy.kept]).toEqual([0, 1])
  expect(roomy.first).toEqual(without.first)
})

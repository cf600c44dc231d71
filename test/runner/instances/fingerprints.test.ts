import { expect, test } from 'vitest'
import type { Network } from '../../../src/models/network.ts'
import { weightsDigest } from '../../../src/runner/instances/fingerprints.ts'

const network = (shapes: Readonly<Record<string, readonly number[]>>) =>
  ({
    variables: Object.entries(shapes).map(([name, shape]) => ({ name, handle: { shape } })),
  }) as unknown as Network

test('a digest of weights is of names, shapes and values, and of no order', () => {
  const [x, y] = [Float32Array.of(1, 2), Float32Array.of(3, 4)]
  const shapes = { a: [2], b: [2] }
  const digest = weightsDigest({ a: x, b: y }, network(shapes))
  expect(weightsDigest({ b: y, a: x }, network(shapes))).toBe(digest)
  // Two weights that have changed places are another network.
  expect(weightsDigest({ a: y, b: x }, network(shapes))).not.toBe(digest)
  expect(weightsDigest({ a: x, c: y }, network({ a: [2], c: [2] }))).not.toBe(digest)
  expect(weightsDigest({ a: x, b: y }, network({ a: [2, 1], b: [2] }))).not.toBe(digest)
})

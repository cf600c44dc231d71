import { describe, expect, test } from 'vitest'
import { SumTree } from '../../src/agents/replay/sum-tree.ts'
import { fc, property } from '../support/property.ts'

const capacity = 37
const weight = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true }))
const writes = fc.array(fc.tuple(fc.integer({ min: 0, max: capacity - 1 }), weight), { maxLength: 100 })

function treeOf(list: readonly (readonly [number, number])[]): SumTree {
  const tree = new SumTree(capacity)
  for (const [index, value] of list) tree.set(index, value)
  return tree
}

describe('SumTree', () => {
  property([writes])('holds what was written last, and its sum', list => {
    const tree = treeOf(list)
    const expected = new Array<number>(capacity).fill(0)
    for (const [index, value] of list) expected[index] = value
    expect(expected.map((_, i) => tree.get(i))).toEqual(expected)
    expect(tree.total).toBeCloseTo(
      expected.reduce((sum, w) => sum + w, 0),
      6,
    )
  })

  property([writes, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })])(
    'finds the index whose share of the sum holds the number',
    (list, share) => {
      const tree = treeOf(list)
      fc.pre(tree.total > 0)
      const sum = share * tree.total
      const found = tree.find(sum)
      expect(found).toBeLessThan(capacity)
      expect(tree.get(found)).toBeGreaterThan(0)
      let before = 0
      for (let i = 0; i < found; i++) before += tree.get(i)
      const slack = 1e-9 * tree.total
      expect(sum).toBeGreaterThanOrEqual(before - slack)
      expect(sum).toBeLessThanOrEqual(before + tree.get(found) + slack)
    },
  )

  property([writes])('rebuilt from its weights in any order, it is equal bit by bit', list => {
    const tree = treeOf(list)
    const again = new SumTree(capacity)
    for (let i = capacity - 1; i >= 0; i--) again.set(i, tree.get(i))
    expect(again).toEqual(tree)
  })

  test('a sum that rounding left at the total finds the last positive weight', () => {
    const tree = new SumTree(4)
    tree.set(1, 1)
    expect(tree.find(1)).toBe(1)
  })

  test('one leaf', () => {
    const tree = new SumTree(1)
    tree.set(0, 3)
    expect([tree.total, tree.find(2.9)]).toEqual([3, 0])
  })

  test.each([0, -1, 1.5, Number.NaN])('a capacity of %s is refused', size => {
    expect(() => new SumTree(size)).toThrow(/integer >= 1/)
  })
})

import { describe, expect, test } from 'vitest'
import { LastUsed, SharedLimit } from '../../../src/models/function/cache.ts'

const cacheOf = (dropped: string[], limit: number, shared?: SharedLimit) =>
  new LastUsed<string>(limit, entry => dropped.push(entry), shared)

describe('what was used last', () => {
  test('is kept; what was used longest ago goes', () => {
    const dropped: string[] = []
    const cache = cacheOf(dropped, 2)
    cache.set('a', 'A')
    cache.set('b', 'B')
    cache.get('a')
    cache.set('c', 'C')
    expect(dropped).toEqual(['B'])
    cache.clear()
    expect(dropped).toEqual(['B', 'A', 'C'])
    expect(cache.size).toBe(0)
  })

  test('is bounded over several caches together', () => {
    const dropped: string[] = []
    const shared = new SharedLimit(3)
    const [one, other] = [cacheOf(dropped, 5, shared), cacheOf(dropped, 5, shared)]
    one.set('a', 'A')
    other.set('b', 'B')
    one.set('c', 'C')
    one.get('a')
    other.set('d', 'D')
    expect(dropped).toEqual(['B'])
    other.set('e', 'E')
    expect(dropped).toEqual(['B', 'C'])
    expect([one.size, other.size]).toEqual([1, 2])
  })
})

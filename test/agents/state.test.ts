import { describe, expect, test } from 'vitest'
import { clipNorm, stepTogether } from '../../src/agents/adam.ts'
import { pack, packedLength, readCount, readPart, restoreAgent, unpackInto } from '../../src/agents/state.ts'
import { failure } from '../../src/common/error.ts'

describe('saved states', () => {
  test('come back bit by bit, and others are refused with what they are', () => {
    const values = Float32Array.of(1, -0, Math.fround(0.1))
    const back = new Float32Array(3)
    unpackInto(back, pack(values), 'weights')
    expect(back).toEqual(values)
    expect(packedLength(pack(values))).toBe(3)
    expect(packedLength(3)).toBeUndefined()
    expect(() => unpackInto(back, pack(Float32Array.of(1)), 'weights')).toThrow(
      "saved 'weights' is 1 numbers, but 3 numbers are needed",
    )
    expect(() => unpackInto(back, undefined, 'weights')).toThrow("saved 'weights' is undefined, but 3")
  })

  test('counts and parts are what they are', () => {
    expect([readCount(0, 'steps'), readCount(7, 'steps')]).toEqual([0, 7])
    for (const wrong of [-1, 1.5, '3', undefined])
      expect(() => readCount(wrong, 'steps')).toThrow("'steps' is")
    expect(readPart({ a: 1 }, 'part')).toEqual({ a: 1 })
    for (const wrong of [null, undefined, 5])
      expect(() => readPart(wrong, 'part')).toThrow("'part' is missing")
  })

  test('that don’t fit are an input error, whatever the agent makes of them', () => {
    const restoring = (error: unknown) => () =>
      restoreAgent(
        {
          restore: () => {
            throw error
          },
        },
        {},
      )
    expect(restoring(new TypeError('x is undefined'))).toThrow("can't be put back (x is undefined)")
    const own = failure('mine', 'as it is')
    expect(restoring(own)).toThrow(own)
    expect(() => restoreAgent({ restore: () => undefined }, null)).toThrow("'state' is missing")
    const restored: unknown[] = []
    restoreAgent({ restore: state => void restored.push(state) }, { a: 1 })
    expect(restored).toEqual([{ a: 1 }])
  })
})

describe('gradients are held within a norm', () => {
  test('one alone', () => {
    const [long, short] = [Float32Array.of(3, 4), Float32Array.of(0.3, 0.4)]
    expect(clipNorm(long, 1)).toBe(5)
    expect([...long].map(x => x.toFixed(4))).toEqual(['0.6000', '0.8000'])
    expect(clipNorm(short, 1)).toBeCloseTo(0.5, 6)
    expect(short).toEqual(Float32Array.of(0.3, 0.4))
    const exact = Float32Array.of(3, 4)
    clipNorm(exact, 5)
    expect([...exact]).toEqual([3, 4])
  })

  test('several together, none that is not finite', () => {
    const moved: [number, number][] = []
    const part = (gradient: readonly number[]) => ({
      parameters: new Float32Array(2),
      gradient: Float32Array.from(gradient),
      optimizer: {
        read: (given: Float32Array) => given.reduce((sum, x) => sum + x * x, 0),
        move: (_: Float32Array, scale: number) => moved.push([moved.length, scale]),
      },
    })
    const parts = [part([3, 0]), part([0, 4])] as never
    expect(stepTogether(parts, 10)).toBe(5)
    expect(stepTogether(parts, 2.5)).toBe(5)
    expect(moved.map(([, scale]) => scale)).toEqual([1, 1, 0.5, 0.5])
    expect(() => stepTogether([part([Number.NaN, 0])] as never, 1)).toThrow(
      'a gradient of the agent is not finite',
    )
    expect(moved).toHaveLength(4)
  })
})

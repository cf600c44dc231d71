import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { npy } from '../../../bench/support/npy.ts'

interface Golden {
  readonly cases: readonly {
    readonly dtype: keyof typeof ARRAYS
    readonly shape: readonly number[]
    readonly values: readonly number[]
    /** base64 */
    readonly file: string
  }[]
}

const ARRAYS = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array } as const
const golden: Golden = JSON.parse(
  readFileSync(new URL('../../golden/npy_numpy.json', import.meta.url), 'utf8'),
)

describe('npy', () => {
  test.each(golden.cases)(
    'is the file that numpy writes: $dtype $shape',
    ({ dtype, shape, values, file }) => {
      expect(npy(ARRAYS[dtype].from(values), shape)).toEqual(Buffer.from(file, 'base64'))
    },
  )

  test('writes a view of a longer array, not the array', () => {
    const part = Float32Array.of(1, 2, 3, 4).subarray(1, 3)
    expect(npy(part, [2])).toEqual(npy(Float32Array.of(2, 3), [2]))
  })

  test('refuses a shape that the values do not fill', () => {
    expect(() => npy(new Uint8Array(5), [2, 3])).toThrow("5 values don't fill the shape [2, 3]")
  })
})

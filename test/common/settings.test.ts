import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  camelCase,
  integer,
  kebabCase,
  names,
  parseConfig,
  real,
  valueAt,
} from '../../src/common/settings.ts'

const schema = z.object({
  episodes: integer(1),
  learningRate: real(0, 10).default(0.1),
  agents: names(z.enum(['ppo', 'dqn'])).default([]),
  weights: z.record(z.string().regex(/^[a-z]+$/), z.number()).default({}),
  nested: z.object({ inner: z.object({ deep: z.number() }) }).optional(),
})
const parse = (values: Record<string, unknown>) => parseConfig(schema, { episodes: 1, ...values })
const refusal = (values: Record<string, unknown>) => {
  try {
    parse(values)
  } catch (error) {
    return error
  }
  return undefined
}

describe('parseConfig', () => {
  test('takes numbers, and texts that are numbers, under either spelling', () => {
    expect(parse({ episodes: '20', 'learning-rate': '1e-3' })).toMatchObject({
      episodes: 20,
      learningRate: 1e-3,
    })
    expect(parse({ learningRate: 10 })).toMatchObject({ learningRate: 10 })
    expect(parse({ learningRate: 0 })).toMatchObject({ learningRate: 0 })
  })

  test.each(['', ' ', true, null, 'x', '1x', Number.NaN])('%j is no number', given => {
    expect(refusal({ episodes: given })).toMatchObject({ code: 'config.invalid', exitCode: 2 })
  })

  test.each([
    [{ episodes: 0 }, /'episodes' can't be 0/],
    [{ episodes: 1.5 }, /'episodes' can't be 1\.5/],
    [{ episodes: 1e9 + 1 }, /'episodes' can't be 1000000001/],
    [{ learningRate: -0.1 }, /'learning-rate' can't be -0\.1/],
    [{ learningRate: 10.1 }, /'learning-rate' can't be 10\.1/],
    [{ nested: { inner: { deep: 'x' } } }, /'nested\.inner\.deep' can't be "x"/],
    [{ weights: { A1: 1 } }, /'weights' can't have the name 'A1'/],
    [{ agents: 'ppo,x' }, /'agents\.1' can't be "ppo,x"/],
  ])('%j is refused with what was given', (values, words) => {
    expect(refusal(values)).toMatchObject({ code: 'config.invalid', message: expect.stringMatching(words) })
  })

  test('reads lists with commas, YAML lists, and none', () => {
    expect(parse({ agents: 'ppo, dqn' }).agents).toEqual(['ppo', 'dqn'])
    expect(parse({ agents: ['dqn'] }).agents).toEqual(['dqn'])
    expect(parse({ agents: 'none' }).agents).toEqual([])
  })

  test('says what is missing, and passes over what is undefined', () => {
    expect(() => parseConfig(schema, { episodes: undefined })).toThrow(
      "'episodes' is missing: give --episodes",
    )
    expect(parse({ learningRate: undefined }).learningRate).toBe(0.1)
    expect(parse({ another: undefined })).not.toHaveProperty('another')
  })

  test('names the setting that was meant by an unknown one', () => {
    expect(refusal({ 'lerning-rate': 1 })).toMatchObject({
      code: 'setting.unknown',
      message: expect.stringMatching(
        /'lerning-rate': did you mean 'learning-rate'\? \(known: episodes, learning-rate/,
      ),
    })
  })
})

test('valueAt follows a path as far as there is something', () => {
  const value = { a: [{ b: 1 }, null], c: 'text' }
  expect(valueAt(value, ['a', 0, 'b'])).toBe(1)
  expect(valueAt(value, [])).toBe(value)
  expect(valueAt(value, ['a', 1, 'b'])).toBe(null)
  expect(valueAt(value, ['c', 'length'])).toBe('text')
  expect(valueAt(value, ['d'])).toBe(undefined)
})

test('names in both spellings', () => {
  expect(kebabCase('learningRateOfAll')).toBe('learning-rate-of-all')
  expect(camelCase('learning-rate-of-all')).toBe('learningRateOfAll')
})

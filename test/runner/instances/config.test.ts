import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../src/common/settings.ts'
import { fineTuneSchema, roundStepsOf, withFormat } from '../../../src/runner/instances/config.ts'

const parse = (values: Record<string, unknown>) =>
  parseConfig(fineTuneSchema, { model: 'm', data: 'd', ...values })

describe('configuration', () => {
  test('defaults are those of the documentation', () => {
    expect(parse({})).toMatchObject({
      agent: 'reinforce',
      budgetSteps: 120,
      baselineSeeds: 3,
    })
    expect(withFormat(parse({}), {})).toMatchObject({ frames: 8, fit: 'crop', learningRate: 1e-4 })
    const dense = { defaults: { learningRate: 1e-3 } }
    expect(withFormat(parse({}), dense).learningRate).toBe(1e-3)
    expect(withFormat(parse({ learningRate: 3e-4 }), dense).learningRate).toBe(3e-4)
    expect(
      withFormat(parse({ fit: 'stretch' }), { defaults: { frames: 1, fit: 'letterbox' } }),
    ).toMatchObject({
      frames: 1,
      fit: 'stretch',
    })
    expect(roundStepsOf(parse({}))).toBe(15)
    expect(roundStepsOf(parse({ budgetSteps: 3 }))).toBe(3)
  })

  test.each([
    [320, 320],
    ['320', 320],
    ['240x320', [240, 320]],
    [
      [240, 320],
      [240, 320],
    ],
  ])('a size of %j', (given, meant) => {
    expect(parse({ size: given }).size).toEqual(meant)
  })

  test.each(['4', '240x', '240x320x3', 'large'])('a size of %j is refused', given => {
    expect(() => parse({ size: given })).toThrow(/'size' can't be/)
  })

  test('kebab-case and camelCase are the same keys, and flags arrive as text', () => {
    expect(parse({ 'budget-steps': '40' }).budgetSteps).toBe(40)
    expect(parse({ budgetSteps: 40 }).budgetSteps).toBe(40)
  })

  test.each([
    [{ episods: 3 }, /unknown setting 'episods': did you mean 'episodes'/],
    [{ episodes: -1 }, /'episodes' can't be -1/],
    [{ episodes: 'many' }, /'episodes' can't be "many"/],
    [{ learningRate: 1 }, /'learning-rate' can't be 1/],
    [{ groups: 1 }, /'groups' can't be 1/],
    [{ model: undefined }, /'model' is missing: give --model/],
  ])('%j is refused with a reason', (values, message) => {
    const given = { data: 'd', model: 'm', ...values }
    expect(() => parseConfig(fineTuneSchema, given)).toThrow(message)
  })
})

import { describe, expect, test } from 'vitest'
import { behaviourOf } from '../../../../src/runner/jobs/fine-tune/behaviour.ts'
import type { RoundSummary } from '../../../../src/runner/play/summary.ts'
import { fc, property } from '../../../support/property.ts'

const CHANCE = { from: 'chance', rates: [0, 0, 1e-3] }
const PROBE = { from: 'linearProbe', rates: [0, 0, 0] }
const FULL = { from: 'fullFineTune', rates: [1e-4, 1e-4, 1e-3] }
const LPFT = { from: 'lpFt', rates: [1e-4, 1e-4, 1e-3] }
const LAYERS = { from: 'layerDecay', rates: [3e-5, 7e-5, 1e-3] }

describe('the schedule that a policy is', () => {
  test.each([
    ['frozen but for the head at 1e-3, from chance', CHANCE, [0, 0, 1e-3], 'headOnly'],
    ['the same under another start', FULL, [0, 0, 1e-3], 'headOnly'],
    ['the head on from the solution', PROBE, [0, 0, 1e-3], 'headOnly'],
    ['nothing from the solution', PROBE, [0, 0, 0], 'linearProbe'],
    ['nothing from the solution that LP-FT begins with', LPFT, [0, 0, 0], 'linearProbe'],
    ['nothing from chance', CHANCE, [0, 0, 0], undefined],
    ['its start', FULL, FULL.rates, 'fullFineTune'],
    ['its start, a third as fast', FULL, FULL.rates.map(rate => rate / 3), 'fullFineTune'],
    ['one rate for the backbone, another for the head', FULL, [3e-4, 3e-4, 1e-4], 'fullFineTune'],
    ['everything from the solution', PROBE, [1e-5, 1e-5, 1e-3], 'lpFt'],
    ['LP-FT at another rate', LPFT, [3e-4, 3e-4, 1e-2], 'lpFt'],
    ['layer decay, three times as fast', LAYERS, LAYERS.rates.map(rate => 3 * rate), 'layerDecay'],
    ['2.6 times slower a group', CHANCE, [1e-4 / 2.6, 1e-4, 1e-3], 'discriminative'],
    ['one group faster than its start', LAYERS, [3e-5, 2.1e-4, 1e-3], undefined],
    ['the head frozen, the backbone not', CHANCE, [1e-4, 1e-4, 0], undefined],
    ['one group frozen', CHANCE, [0, 1e-4, 1e-3], undefined],
  ])('%s', (_, start, rates, schedule) => {
    expect(behaviourOf([play(rates, rates), play(rates)], start).schedule).toBe(schedule)
  })

  test('a run that changes on its way, or differs from the others, is none', () => {
    const all = FULL.rates
    expect(behaviourOf([play(all, [0, 1e-4, 1e-3])], FULL).schedule).toBeUndefined()
    expect(behaviourOf([play(all), play(all, [0, 0, 1e-3])], FULL).schedule).toBeUndefined()
  })

  test('ending the run at once leaves the start: the probe, or nothing', () => {
    expect(behaviourOf([[]], PROBE)).toMatchObject({
      schedule: 'linearProbe',
      words: 'ends the run at once: it keeps the linear probe’s solution, which it started from',
    })
    expect(behaviourOf([[], []], CHANCE)).toEqual({ words: 'ends the run at once', readsStates: false })
  })

  property([
    fc.constantFrom(CHANCE, PROBE, FULL, LPFT, LAYERS),
    fc.array(fc.constantFrom(0, 1e-5, 1e-4, 1e-3), { minLength: 3, maxLength: 3 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 4 }),
  ])('neither the number of rounds nor of runs decides it', (start, rates, rounds, runs) => {
    const course = play(...Array.from({ length: rounds }, () => rates))
    const once = behaviourOf([play(rates)], start)
    expect(
      behaviourOf(
        Array.from({ length: runs }, () => course),
        start,
      ),
    ).toEqual(once)
  })
})

describe('words', () => {
  test.each([
    [
      CHANCE,
      [[0, 0, 1e-3]],
      'all pretrained groups frozen throughout; the head at 1e-3 throughout: head alone',
    ],
    [
      PROBE,
      [[0, 0, 1e-3]],
      'all pretrained groups frozen throughout; the head at 1e-3 throughout: head alone, from the linear probe’s solution',
    ],
    [PROBE, [[0, 0, 0]], 'trains nothing: it keeps the linear probe’s solution, which it started from'],
    [CHANCE, [[0, 0, 0]], 'trains nothing'],
    [
      FULL,
      [FULL.rates],
      'all pretrained groups at 1e-4 throughout; the head at 1e-3 throughout: full fine-tuning, what it started from, unchanged',
    ],
    [
      CHANCE,
      [
        [0, 0, 1e-3],
        [0, 1e-4, 1e-3],
        [0, 3e-4, 0],
      ],
      'group 1 frozen throughout; group 2 frozen, at 1e-4, then at 3e-4; the head at 1e-3, then frozen',
    ],
    [
      { from: 'chance', rates: [0, 1e-3] },
      [1, 2, 3, 4, 5, 6].map(i => [10 ** -i, 1e-3]),
      'the pretrained group at 1e-1, at 1e-2, at 1e-3 …, then at 1e-6; the head at 1e-3 throughout',
    ],
  ])('%o %o', (start, rounds, words) => {
    expect(behaviourOf([play(...rounds)], start).words).toBe(words)
  })
})

describe('whether it reads states', () => {
  const rates = [1e-4, 1e-4, 1e-3]
  test('only where choices differ, of a group or of the root, in a run or between runs', () => {
    const keep = round(rates, 'keep')
    const faster = round(rates, 'lr*3')
    const rooted = (root: string) => ({ ...keep, root })
    expect(behaviourOf([[keep, keep], [keep]], FULL).readsStates).toBe(false)
    expect(behaviourOf([[keep, faster]], FULL).readsStates).toBe(true)
    expect(behaviourOf([[keep], [faster]], FULL).readsStates).toBe(true)
    expect(behaviourOf([[rooted('frontier 1'), rooted('frontier 2')]], FULL).readsStates).toBe(true)
    expect(behaviourOf([[rooted('frontier 1'), rooted('frontier 1')]], FULL).readsStates).toBe(false)
  })
})

function play(...rounds: readonly (readonly number[])[]): RoundSummary[] {
  return rounds.map(rates => round(rates, 'keep'))
}

function round(rates: readonly number[], action: string): RoundSummary {
  return {
    ...{
      reward: 0,
      noise: 0,
      step: 1,
      flops: 1,
      trainLoss: 1,
      score: 0.5,
      rewardLoss: 1,
      rewardPrimary: 0.5,
    },
    groups: rates.map(learningRate => ({ action, learningRate, reward: 0 })),
  }
}

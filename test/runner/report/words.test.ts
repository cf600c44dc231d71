import { describe, expect, test } from 'vitest'
import {
  duration,
  flops,
  integer,
  percent,
  plural,
  scheduleLabel,
  shareOfCost,
  signed,
} from '../../../src/runner/report/words.ts'

describe('figures for readers', () => {
  test.each([
    [plural(1, 'clip'), '1 clip'],
    [plural(0, 'clip'), '0 clips'],
    [plural(1234, 'class', 'classes'), '1,234 classes'],
    [integer(-1234567), '−1,234,567'],
    [flops(999), '999 FLOP'],
    [flops(999_900), '1.00 MFLOP'],
    [flops(1.184e14), '118 TFLOP'],
    [duration(9.96), '10 s'],
    [duration(59.6), '1 min 0 s'],
    [duration(3599.6), '1 h 0 min'],
    [signed(-0.0004), '0.000'],
    [signed(0.0004), '0.000'],
    [signed(0.05), '+0.050'],
    [percent(Number.NaN), 'not finite'],
    [shareOfCost(1 / 15), 'a fifteenth of its cost'],
    [shareOfCost(0.6), 'half of its cost'],
    [shareOfCost(0.76), 'about its cost'],
    [shareOfCost(4.07), '4.1 times its cost'],
    [shareOfCost(1 / 40), '1/40 of its cost'],
    [shareOfCost(0), 'a cost that is not known'],
    [scheduleLabel('gradualUnfreezing'), 'gradual unfreezing'],
    [scheduleLabel('lp-ft'), 'lp-ft'],
    [scheduleLabel('constructor'), 'constructor'],
  ])('%s', (given, expected) => {
    expect(given).toBe(expected)
  })
})

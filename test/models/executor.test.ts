import { beforeAll, describe, expect, test } from 'vitest'
import { EagerExecutor } from '../../src/models/eager-executor.ts'
import { startEngine } from '../../src/models/engine.ts'
import type { Batch, Handle, StepOptions } from '../../src/models/executor.ts'
import { tf } from '../../src/models/tf.ts'
import { describeExecutor, EXECUTOR_CHECKS, type MakeExecutor } from './executor-suite.ts'

beforeAll(async () => {
  await startEngine()
})

describeExecutor('the eager executor', (options, weights) => new EagerExecutor(options, weights))

/** Its updates are a thousandth of a weight off. */
class OffByAThousandth extends EagerExecutor {
  override step(batch: Batch, rates: readonly number[], options: StepOptions) {
    const result = super.step(batch, rates, options)
    const off = Object.entries(this.read()).map(([name, values]) => [
      name,
      name.includes('kernel') ? values.map(value => value + 1e-3) : values,
    ])
    this.load(Object.fromEntries(off))
    return result
  }
}

/** Brings weights back without the optimizer's slots. */
class Forgetful extends EagerExecutor {
  override restore(handle: Handle): void {
    this.load(this.read(handle))
  }
}

/** Trains what is frozen, a little. */
class Thawing extends EagerExecutor {
  override step(batch: Batch, rates: readonly number[], options: StepOptions) {
    return super.step(
      batch,
      rates.map(rate => Math.max(rate, 1e-6)),
      options,
    )
  }
}

/** Has no ear for modes: statistics are always the batch's. */
class DeafToModes extends EagerExecutor {
  override step(batch: Batch, rates: readonly number[], options: StepOptions) {
    return super.step(batch, rates, { ...options, norms: rates.map(() => 'batch') })
  }
}

class Sober extends EagerExecutor {
  override step(batch: Batch, rates: readonly number[], options: StepOptions) {
    return super.step(batch, rates, { ...options, dropout: undefined })
  }
}

class Leaking extends EagerExecutor {
  override step(batch: Batch, rates: readonly number[], options: StepOptions) {
    tf.keep(tf.scalar(1))
    return super.step(batch, rates, options)
  }
}

const BROKEN: readonly (readonly [string, MakeExecutor, RegExp])[] = [
  ['off by a thousandth', (o, w) => new OffByAThousandth(o, w), /^agrees with the reference/],
  ['forgetful', (o, w) => new Forgetful(o, w), /^a moment comes back/],
  ['thawing', (o, w) => new Thawing(o, w), /^frozen groups stay/],
  ['deaf to modes', (o, w) => new DeafToModes(o, w), /^frozen groups stay/],
  ['without dropout', (o, w) => new Sober(o, w), /^dropout draws/],
  ['leaking', (o, w) => new Leaking(o, w), /^tensors stay/],
]

describe('the suite catches an executor that is', () => {
  test.each(BROKEN)('%s', (_what, make, expected) => {
    const checks = Object.entries(EXECUTOR_CHECKS).filter(([name]) => expected.test(name))
    expect(checks.length).toBeGreaterThan(0)
    for (const [, check] of checks) expect(() => check(make)).toThrow()
  })
})

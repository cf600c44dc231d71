import { describe, expect, test } from 'vitest'
import { createOptimizer, type OptimizerOptions, optimizerKinds } from '../../src/models/optimizer.ts'
import { golden } from '../support/golden-optimizers.ts'
import { fc, property } from '../support/property.ts'

const floats = (values: readonly number[]) => Float32Array.from(values)

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])))
}

describe('equal to PyTorch to 1e-6, with a rate a group and groups frozen and thawed', () => {
  test('the golden run freezes and thaws', () => {
    expect(golden.rates).toHaveLength(50)
    const frozen = golden.rates.map(rates => rates['body/gamma'] === null)
    expect(frozen.filter((now, step) => step > 0 && now !== frozen[step - 1])).toEqual([false, true, false])
  })

  test.each(golden.cases)('$name', ({ options, values, slots }) => {
    const optimizer = createOptimizer(options)
    const names = Object.keys(golden.start)
    const current: Record<string, Float32Array> = {}
    for (const name of names) current[name] = floats(golden.start[name])
    golden.rates.forEach((rates, step) => {
      for (const name of names) {
        const rate = rates[name]
        if (rate !== null)
          current[name] = optimizer.update(name, current[name], floats(golden.gradients[step][name]), rate)
        expect(distance(current[name], values[step][name]), `step ${step}, ${name}`).toBeLessThan(1e-6)
      }
    })
    const state = optimizer.state()
    for (const name of names) {
      expect(state[name].step).toBe(golden.rates.filter(rates => rates[name] !== null).length)
      expect(Object.keys(state[name].slots).sort()).toEqual(Object.keys(slots[name]).sort())
      for (const [slot, array] of Object.entries(state[name].slots)) {
        const expected = slots[name][slot]
        const size = Math.max(1, ...expected.map(Math.abs))
        expect(distance(array, expected) / size, `${name}'s ${slot}`).toBeLessThan(1e-6)
      }
    }
  })
})

/** Each variable's size is its own. */
const sizes: Readonly<Record<string, number>> = { a: 1, b: 3, c: 5, d: 2 }

interface Move {
  readonly name: string
  readonly rate: number
  readonly gradient: Float32Array
}

const move: fc.Arbitrary<Move> = fc.constantFrom(...Object.keys(sizes)).chain(name =>
  fc.record({
    name: fc.constant(name),
    rate: fc.double({ min: 0, max: 1, noNaN: true }),
    gradient: fc
      .array(fc.float({ min: -100, max: 100, noNaN: true }), {
        minLength: sizes[name],
        maxLength: sizes[name],
      })
      .map(floats),
  }),
)
const moves = fc.array(move, { maxLength: 20 })

const options: fc.Arbitrary<OptimizerOptions> = fc.oneof(
  fc.record({
    kind: fc.constant('sgd' as const),
    momentum: fc.constantFrom(0, 0.5, 0.9),
    weightDecay: fc.constantFrom(0, 0.1),
  }),
  fc.constant({ kind: 'sgd' as const, momentum: 0.9, nesterov: true }),
  fc.constant({ kind: 'adam' as const }),
  fc.record({ kind: fc.constant('adamw' as const), weightDecay: fc.constantFrom(0, 0.1) }),
)

class Run {
  readonly values: Record<string, Float32Array>

  constructor(
    readonly optimizer: ReturnType<typeof createOptimizer>,
    values: Readonly<Record<string, Float32Array>> = {},
  ) {
    this.values = { ...values }
  }

  play(list: readonly Move[]): this {
    for (const { name, rate, gradient } of list) {
      const value = this.values[name] ?? new Float32Array(sizes[name]).fill(0.5)
      this.values[name] = this.optimizer.update(name, value, gradient, rate)
    }
    return this
  }
}

describe('properties', () => {
  property([options, moves, moves])('restoring a state replays exactly', (kind, before, after) => {
    const run = new Run(createOptimizer(kind)).play(before)
    const state = run.optimizer.state()
    const values = { ...run.values }
    run.play(after)
    const other = createOptimizer(kind)
    other.restore(state)
    const again = new Run(other, values).play(after)
    expect(again.values).toEqual(run.values)
    expect(other.state()).toEqual(run.optimizer.state())
    run.optimizer.restore(state)
    expect(run.optimizer.state()).toEqual(state)
  })

  property([options, moves, moves])('nothing handed out or taken is written to', (kind, before, after) => {
    const run = new Run(createOptimizer(kind)).play(before)
    const held = { state: run.optimizer.state(), values: { ...run.values }, after }
    const copy = structuredClone(held)
    run.play(after)
    expect(held).toEqual(copy)
  })

  property([options, moves])('the order of the variables is irrelevant', (kind, list) => {
    const straight = new Run(createOptimizer(kind)).play(list)
    const regrouped = Object.keys(sizes)
      .reverse()
      .flatMap(name => list.filter(step => step.name === name))
    const grouped = new Run(createOptimizer(kind)).play(regrouped)
    expect(grouped.values).toEqual(straight.values)
    expect(grouped.optimizer.state()).toEqual(straight.optimizer.state())
  })

  property([options, moves, moves])('a frozen variable keeps its slots', (kind, before, after) => {
    const run = new Run(createOptimizer(kind)).play(before)
    const frozen = run.optimizer.state().b
    run.play(after.filter(step => step.name !== 'b'))
    expect(run.optimizer.state().b).toBe(frozen)
  })
})

test('a state costs references, not copies', () => {
  const optimizer = createOptimizer({ kind: 'adamw' })
  optimizer.update('w', floats([1, 2]), floats([1, 1]), 0.1)
  expect(optimizer.state().w.slots.m).toBe(optimizer.state().w.slots.m)
})

test('adam is adamw without decay; adamw decays by 0.01 unless told', () => {
  const next = (kind: OptimizerOptions) => createOptimizer(kind).update('w', floats([1]), floats([0]), 0.5)[0]
  expect(next({ kind: 'adam' })).toBe(1)
  expect(next({ kind: 'adamw', weightDecay: 0 })).toBe(1)
  expect(next({ kind: 'adamw' })).toBeCloseTo(1 - 0.5 * 0.01, 7)
})

describe('refusals', () => {
  test.each(optimizerKinds)('%s carries its kind as its id', kind => {
    expect(createOptimizer({ kind }).id).toBe(kind)
  })

  test('an unknown kind is an input error that suggests the near one', () => {
    expect(() => createOptimizer({ kind: 'adamv' as 'adamw' })).toThrow(
      expect.objectContaining({
        code: 'optimizer.unknown',
        exitCode: 2,
        message: expect.stringContaining("'adamw'"),
      }),
    )
  })

  test.each<[OptimizerOptions, string]>([
    [{ kind: 'adamw', momentum: 0.9 }, 'momentum'],
    [{ kind: 'adam', weightDecay: 0.1 }, "'adamw'"],
    [{ kind: 'sgd', betas: [0.9, 0.99] }, 'betas'],
    [{ kind: 'sgd', nesterov: true }, 'give momentum'],
    [{ kind: 'sgd', momentum: 1 }, 'momentum 1'],
    [{ kind: 'sgd', weightDecay: -1 }, 'weightDecay -1'],
    [{ kind: 'adamw', betas: [0.9, 1] }, 'betas[1] 1'],
    [{ kind: 'adamw', epsilon: Number.NaN }, 'epsilon NaN'],
  ])('%j', (given, words) => {
    expect(() => createOptimizer(given)).toThrow(
      expect.objectContaining({ code: 'optimizer.option', message: expect.stringContaining(words) }),
    )
  })

  test.each([-0.1, Number.NaN, Number.POSITIVE_INFINITY])('a learning rate of %d', rate => {
    const optimizer = createOptimizer({ kind: 'sgd' })
    expect(() => optimizer.update('w', floats([1]), floats([1]), rate)).toThrow(
      expect.objectContaining({ code: 'optimizer.learning-rate', exitCode: 2 }),
    )
    expect(optimizer.state()).toEqual({})
  })

  test("a gradient of another length, or another variable's name", () => {
    const optimizer = createOptimizer({ kind: 'adamw' })
    const wrong = expect.objectContaining({ code: 'optimizer.length', exitCode: 1 })
    expect(() => optimizer.update('w', floats([1, 2]), floats([1]), 0.1)).toThrow(wrong)
    optimizer.update('w', floats([1, 2]), floats([1, 1]), 0.1)
    expect(() => optimizer.update('w', floats([1]), floats([1]), 0.1)).toThrow(wrong)
  })

  test('a state of another rule', () => {
    const adamw = createOptimizer({ kind: 'adamw' })
    adamw.update('w', floats([1]), floats([1]), 0.1)
    const sgd = createOptimizer({ kind: 'sgd', momentum: 0.9 })
    const wrong = expect.objectContaining({ code: 'optimizer.state', exitCode: 2 })
    expect(() => sgd.restore(adamw.state())).toThrow(wrong)
    sgd.update('w', floats([1]), floats([1]), 0.1)
    expect(() => adamw.restore(sgd.state())).toThrow(wrong)
    expect(() => createOptimizer({ kind: 'adam' }).restore(adamw.state())).not.toThrow()
  })
})

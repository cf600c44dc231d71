import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { CompiledExecutor } from '../../../src/models/compiled/compiled-executor.ts'
import { layoutsOf } from '../../../src/models/compiled/layout.ts'
import { HostCopies, heldOf, type State } from '../../../src/models/compiled/state.ts'
import { StepFunction } from '../../../src/models/compiled/step-function.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { functionBackend } from '../../../src/models/function/binding.ts'
import { overlay } from '../../../src/models/function/recording.ts'
import type { NormMode } from '../../../src/models/gradients.ts'
import { tf } from '../../../src/models/tf.ts'
import { present } from '../../support/present.ts'
import { batchOf, type MakeExecutor, place } from '../executor-suite.ts'

const ALL = [true, true, true]
/** By group: which move. The second is no part of the first. */
const MASKS = [[false, false, true], [false, true, true], ALL, [true, false, true], [false, true, false]]
const RATES = [1e-3, 2e-3, 3e-3]
/** Whoever traces a step calls more operations one by one. */
const FEW = 40
const make: MakeExecutor = (options, weights) => new CompiledExecutor(options, weights)

beforeAll(async () => {
  await startEngine({ engine: 'tfjs-node' })
})

describe.each([true, false])('a part of a traced step, with dropout: %s', dropout => {
  test('has the bits of a trace of its own, for each mask of frozen groups', () => {
    const { network, weights, options } = place(make)
    const layouts = layoutsOf(network)
    const rule = present(options.optimizer().onEngine)
    const parts = { backend: present(functionBackend()), options, rule, layouts }
    const cases = [ALL, ...MASKS].map((trained, seed) => {
      const from = trained.indexOf(true)
      const entering = batchOf(network, seed)
      const input = network.forward(entering.input, entering.clips, 0, from)
      const norms = trained.map(() => 'frozen' as const)
      const signature = { clips: entering.clips, shape: input.shape, from, trained, norms, dropout }
      const drawn = () => (dropout ? Rng.of(seed, 'dropout') : undefined)
      return { signature, batch: { ...entering, input, from }, drawn }
    })
    const ran = (made: StepFunction, state: State, { batch, drawn }: (typeof cases)[number]) => {
      const fed = present(made.traced.fed([batch.targets]))
      const { loss, state: after } = made.run(batch, { state, rates: RATES, fed, dropout: drawn() })
      return { loss, values: after.flatMap(heldOf).map(({ tensor }) => tensor.dataSync()), after }
    }
    const begun = new HostCopies(layouts, network.variables).begun(weights)
    const [first, ...others] = cases
    const whole = StepFunction.of(parts, first.signature, begun, first.batch)
    const { after: state, values } = ran(whole, begun, first)
    for (const one of others) {
      const own = ran(StepFunction.of(parts, one.signature, state, one.batch), state, one)
      const part = present(whole.part(one.signature))
      const found = ran(part, state, one)
      expect(part.traced.refusal).toBeUndefined()
      expect(found.loss).toBe(own.loss)
      expect(found.values).toEqual(own.values)
      expect(found.values).not.toEqual(values)
    }
  })
})

test('is none of a step with other clips, of another forward pass, or that moves less', () => {
  const { network, weights, options } = place(make)
  const layouts = layoutsOf(network)
  const rule = present(options.optimizer().onEngine)
  const parts = { backend: present(functionBackend()), options, rule, layouts }
  const state = new HostCopies(layouts, network.variables).begun(weights)
  const batch = batchOf(network)
  const signature = {
    clips: batch.clips,
    shape: batch.input.shape,
    from: 0,
    trained: [false, true, true],
    dropout: false,
  }
  const whole = StepFunction.of(parts, signature, state, batch)
  expect(whole.part(signature)).toBeDefined()
  expect(whole.part({ ...signature, clips: 1 })).toBeUndefined()
  expect(whole.part({ ...signature, dropout: true })).toBeUndefined()
  expect(whole.part({ ...signature, trained: ALL })).toBeUndefined()
  expect(whole.part({ ...signature, norms: ['frozen', 'batch', 'frozen'] })).toBeUndefined()
  expect(whole.part({ ...signature, from: 1 }), 'of another shape there').toBeUndefined()
})

test('an executor traces two masks of frozen groups at most', () => {
  const { executor, network } = place(make)
  const operations = (mask: readonly boolean[], seed: number, norm: NormMode) => {
    const whole = batchOf(network, seed)
    const from = mask.indexOf(true)
    const input = from === 0 ? tf.clone(whole.input) : executor.forward(whole, from)
    const rates = mask.map(moves => (moves ? 1e-3 : 0))
    const norms = rates.map(() => norm)
    const count = operationsIn(() => executor.step({ ...whole, input, from }, rates, { norms }))
    tf.dispose([whole.input, input])
    return count
  }
  const [one, two, ...others] = MASKS.map((mask, seed) => operations(mask, seed, 'frozen'))
  expect(Math.min(one, two)).toBeGreaterThan(FEW)
  expect(Math.max(...others)).toBeLessThan(FEW)
  // A batch's own statistics go forward in another way.
  expect(Math.min(...MASKS.slice(2).map((mask, seed) => operations(mask, seed, 'batch')))).toBeGreaterThan(
    FEW,
  )
})

/** How many operations a piece of work has the engine do one by one. */
function operationsIn(work: () => void): number {
  const backend = present(functionBackend())
  const real = backend.binding
  let operations = 0
  backend.binding = overlay(real, {
    executeOp: (...call) => {
      operations++
      return real.executeOp(...call)
    },
  })
  try {
    work()
  } finally {
    backend.binding = real
  }
  return operations
}

import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { buildClipModel } from '../../src/models/clip-model.ts'
import type { ExecutorOptions } from '../../src/models/eager-executor.ts'
import type { Batch, Executor, StepOptions } from '../../src/models/executor.ts'
import { STANDARDISATION } from '../../src/models/head-kinds.ts'
import { readWeights, type Weights } from '../../src/models/initialize.ts'
import { Network } from '../../src/models/network.ts'
import { createOptimizer, type OptimizerOptions } from '../../src/models/optimizer.ts'
import { SCALINGS } from '../../src/models/scaling.ts'
import { centredGram, type Gram } from '../../src/models/statistics.ts'
import { tf } from '../../src/models/tf.ts'
import { maxDifference, randomPixels, tinyImageModel } from '../support/models.ts'
import { classTask } from '../support/tasks.ts'

const CLIPS = 4
const FRAMES = 2
const SIDE = 12
const TASK = classTask(3, { counts: [1, 2, 3], balance: 'weights' })
const LABELS = [0, 1, 2, 1]

export type MakeExecutor = (options: ExecutorOptions, weights: Weights) => Executor

/** A network of three groups with batch normalisation and a head that drops out, and an executor on it. */
export function place(make: MakeExecutor, optimizer: OptimizerOptions = { kind: 'adamw' }) {
  const model = buildClipModel(tinyImageModel(), {
    output: TASK.head,
    frames: FRAMES,
    size: [SIDE, SIDE],
    scaling: SCALINGS[1],
    rng: Rng.of(3),
    head: (features, { units }) => {
      const mean = tf.layers.globalAveragePooling1d().apply(features) as tf.SymbolicTensor
      const dropped = tf.layers.dropout({ rate: 0.3 }).apply(mean) as tf.SymbolicTensor
      const init = tf.initializers.glorotUniform({ seed: 5 })
      return tf.layers
        .dense({ units, kernelInitializer: init, activation: 'softmax', name: 'answers' })
        .apply(dropped) as tf.SymbolicTensor
    },
  })
  const network = new Network(model, { count: 3 })
  const weights = readWeights(network)
  const options = { network, task: TASK, optimizer: () => createOptimizer(optimizer) }
  return { network, weights, executor: make(options, weights), options }
}

export function batchOf(network: Network, seed = 1): Batch {
  const pixels = randomPixels(CLIPS * FRAMES * SIDE * SIDE * 3, seed)
  return { input: network.input(pixels, CLIPS), clips: CLIPS, from: 0, targets: LABELS }
}

/** Groups freeze and thaw, and statistics are the batch's or stored ones, in turn. */
function planned(step: number): { readonly rates: readonly number[]; readonly options: StepOptions } {
  const rates = [
    [1e-3, 1e-3, 1e-2],
    [0, 1e-3, 1e-2],
    [1e-3, 0, 1e-3],
    [0, 0, 1e-2],
  ][Math.floor(step / 3) % 4]
  const norms = rates.map((_, group) => ((step + group) % 2 === 0 ? ('batch' as const) : ('frozen' as const)))
  return { rates, options: { norms, momentum: 0.9, dropout: Rng.of(step, 'dropout') } }
}

function run(executor: Executor, network: Network, from: number, to: number): readonly number[] {
  const losses: number[] = []
  for (let step = from; step < to; step++) {
    const batch = batchOf(network, step)
    const { rates, options } = planned(step)
    losses.push(executor.step(batch, rates, options).loss)
    batch.input.dispose()
  }
  return losses
}

/** The same steps, spelt out: gradients of the network, and the optimizer that is held against PyTorch. */
function reference(optimizer: OptimizerOptions, steps: number) {
  const { network, weights } = place(NO_EXECUTOR)
  const rule = createOptimizer(optimizer)
  let values = weights
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    const batch = batchOf(network, step)
    const { rates, options } = planned(step)
    const trained = network.variables.filter(({ learned, group }) => learned && rates[group] > 0)
    const result = network.gradients(batch.input, CLIPS, outputs => TASK.loss(outputs, LABELS), {
      ...options,
      from: 0,
      trained: new Set(trained.map(({ name }) => name)),
      weights: LABELS.map(label => TASK.weight?.(label) ?? 1),
    })
    batch.input.dispose()
    const next: Record<string, Float32Array> = { ...values, ...Object.fromEntries(result.statistics) }
    for (const { name, group } of trained) {
      const gradient = result.gradients.get(name) ?? new Float32Array()
      next[name] = rule.update(name, values[name], gradient, rates[group])
    }
    values = next
    for (const { name, shape, handle } of network.variables)
      tf.tidy(() => handle.assign(tf.tensor(values[name], [...shape])))
    losses.push(result.loss)
  }
  return { losses, weights: values }
}

const NO_EXECUTOR: MakeExecutor = () => undefined as unknown as Executor
const STEPS = 50
/** Engines differ in the order of their sums. */
const NEAR = 1e-5

function expectNear(a: Weights, b: Weights, tolerance: number): void {
  expect(Object.keys(a)).toEqual(Object.keys(b))
  for (const name of Object.keys(a))
    expect(maxDifference(a[name], b[name]), name).toBeLessThanOrEqual(tolerance)
}

const copied = (weights: Weights): Weights =>
  Object.fromEntries(Object.entries(weights).map(([name, value]) => [name, Float32Array.from(value)]))

/** By name; each throws where the executor breaks the contract. */
export const EXECUTOR_CHECKS: Readonly<Record<string, (make: MakeExecutor) => void>> = {
  'agrees with the reference after 50 steps, groups frozen and thawed (adamw)': make =>
    agrees(make, { kind: 'adamw' }),
  'agrees with the reference after 50 steps, groups frozen and thawed (sgd, momentum)': make =>
    agrees(make, { kind: 'sgd', momentum: 0.9 }),

  'a moment comes back bit by bit, and no later step writes into it': make => {
    const { executor, network } = place(make)
    run(executor, network, 0, 4)
    const handle = executor.snapshot()
    const then = copied(executor.read())
    const losses = run(executor, network, 4, 9)
    const later = copied(executor.read())
    expectNear(executor.read(handle), then, 0)
    executor.restore(handle)
    expectNear(executor.read(), then, 0)
    expect(run(executor, network, 4, 9)).toEqual(losses)
    expectNear(executor.read(), later, 0)
  },

  'frozen groups stay bit-equal, and so do statistics unless a trained group takes the batch’s': make => {
    const { executor, network } = place(make)
    const batch = batchOf(network)
    const before = copied(executor.read())
    executor.step(batch, [0, 1e-3, 1e-2], { norms: ['batch', 'batch', 'frozen'] })
    const after = executor.read()
    for (const { name, group, learned, role, layer } of network.variables) {
      if (layer.name === STANDARDISATION) continue
      const moved = maxDifference(before[name], after[name]) > 0
      if (group === 0) expect(moved, name).toBe(false)
      else if (group === 1 && (learned || role === 'moving_mean')) expect(moved, name).toBe(true)
    }
    const stored = copied(after)
    executor.step(batch, [0, 1e-3, 1e-2], { norms: ['frozen', 'frozen', 'frozen'] })
    for (const { name, learned } of network.variables)
      if (!learned) expect(maxDifference(stored[name], executor.read()[name]), name).toBe(0)
  },

  'dropout draws from the stream that it is given': make => {
    const loss = (dropout?: Rng) => {
      const { executor, network } = place(make)
      return executor.step(batchOf(network), [1e-3, 1e-3, 1e-2], { dropout }).loss
    }
    expect(loss(Rng.of(1))).toBe(loss(Rng.of(1)))
    expect(loss(Rng.of(1))).not.toBe(loss(Rng.of(2)))
    expect(loss()).not.toBe(loss(Rng.of(1)))
  },

  'evaluation is what plain tfjs computes with what it reads, and a prefix may run before it': make => {
    const { executor, network } = place(make)
    run(executor, network, 0, 3)
    for (const { name, shape, handle } of network.variables)
      tf.tidy(() => handle.assign(tf.tensor(executor.read()[name], [...shape])))
    const batch = batchOf(network, 7)
    const pixels = tf.tensor(Float32Array.from(randomPixels(CLIPS * FRAMES * SIDE * SIDE * 3, 7)), [
      ...[CLIPS, FRAMES, SIDE, SIDE, 3],
    ])
    const theirs = (network.model.predict(pixels) as tf.Tensor).dataSync() as Float32Array
    const outputs = executor.evaluate(batch)
    expect(outputs.activated).toBe(true)
    expect(maxDifference(outputs.values.dataSync() as Float32Array, theirs)).toBeLessThan(NEAR)
    for (const from of [1, 2]) {
      const input = executor.forward(batch, from)
      const after = executor.evaluate({ input, clips: CLIPS, from })
      expect(maxDifference(after.values.dataSync() as Float32Array, theirs)).toBeLessThan(NEAR)
    }
  },

  'probing changes nothing, and compares with what it is given': make => {
    const { executor, network } = place(make)
    const before = copied(executor.read())
    const halves = [batchOf(network, 1), batchOf(network, 2)] as const
    const first = executor.probe(halves)
    expectNear(executor.read(), before, 0)
    expect(first.figures).toHaveLength(3)
    for (const { gradientNorm, persistence, alignment } of first.figures) {
      expect(gradientNorm).toBeGreaterThan(0)
      expect(persistence).toBe(1)
      expect(Math.abs(alignment)).toBeLessThanOrEqual(1 + NEAR)
    }
    for (const { persistence } of executor.probe(halves, first.mean).figures)
      expect(persistence).toBeCloseTo(1, 6)
    const other = executor.probe([batchOf(network, 3), batchOf(network, 4)], first.mean)
    expect(other.figures.some(({ persistence }) => Math.abs(persistence) < 0.99)).toBe(true)
    for (const { alignment } of executor.probe([halves[0], halves[0]]).figures)
      expect(alignment).toBeCloseTo(1, 6)
  },

  'norms are of what it reads, moves since a moment, and which groups they are of': make => {
    const { executor, network } = place(make)
    const before = copied(executor.read())
    const handle = executor.snapshot()
    expect(executor.changed(handle)).toEqual([false, false, false])
    for (const { moved } of executor.norms(handle)) expect(moved).toBe(0)
    executor.step(batchOf(network), [0, 1e-3, 1e-2], {})
    expect(executor.changed(handle)).toEqual([false, true, true])
    const now = executor.read()
    executor.norms(handle).forEach(({ norm, moved }, group) => {
      const own = network.variables.filter(v => v.learned && v.group === group)
      const root = (of: (name: string) => number[]) => Math.hypot(...own.flatMap(({ name }) => of(name)))
      expect(norm).toBeCloseTo(
        root(name => [...now[name]]),
        4,
      )
      expect(moved).toBeCloseTo(
        root(name => [...now[name]].map((value, i) => value - before[name][i])),
        5,
      )
    })
  },

  'a probe’s activations are centred Gram matrices, one a group, of both halves': make => {
    const { executor, network } = place(make)
    const halves = [batchOf(network, 1), batchOf(network, 2)] as const
    const expectGrams = (grams: readonly Gram[], batches: readonly Batch[]) => {
      const clips = CLIPS * batches.length
      const theirs = network.activations(tf.concat(batches.map(({ input }) => input)), clips)
      theirs.forEach((tensor, group) => {
        const { rows, values } = centredGram(tensor.dataSync() as Float32Array, clips)
        expect(grams[group].rows).toBe(rows)
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
        expect(maxDifference(grams[group].values, values) / largest).toBeLessThan(NEAR)
      })
    }
    expectGrams(executor.probe(halves).grams, halves)
    expectGrams(executor.probe([halves[0], halves[0]]).grams, [halves[0]])
  },

  'reset forgets earlier steps, load keeps them': make => {
    const { executor, network, weights } = place(make)
    const fresh = () => {
      run(executor, network, 0, 3)
      return copied(executor.read())
    }
    const first = fresh()
    executor.reset(weights)
    expectNear(fresh(), first, 0)
    executor.load(weights)
    const kept = fresh()
    const far = Object.keys(kept).some(name => maxDifference(kept[name], first[name]) > NEAR)
    expect(far).toBe(true)
  },

  'tensors stay constant from step to step': make => {
    const { executor, network } = place(make)
    run(executor, network, 0, 2)
    const handle = executor.snapshot()
    const before = tf.memory().numTensors
    run(executor, network, 2, 8)
    executor.restore(handle)
    expect(tf.memory().numTensors).toBe(before)
  },
}

function agrees(make: MakeExecutor, optimizer: OptimizerOptions): void {
  const { executor, network } = place(make, optimizer)
  const losses = run(executor, network, 0, STEPS)
  const expected = reference(optimizer, STEPS)
  for (const [step, loss] of losses.entries())
    expect(Math.abs(loss - expected.losses[step]), `step ${step}`).toBeLessThan(NEAR)
  expectNear(executor.read(), expected.weights, NEAR)
}

/** The contract of Executor, on the engine that runs. */
export function describeExecutor(name: string, make: MakeExecutor): void {
  describe(`${name} keeps the contract of Executor`, () => {
    test.each(Object.entries(EXECUTOR_CHECKS))('%s', (_check, check) => check(make))
  })
}

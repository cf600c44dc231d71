import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '../../src/models/engine.ts'
import { linearProbe } from '../../src/models/linear-probe.ts'
import { selectionOf } from '../../src/models/tasks/per-item.ts'
import { tf } from '../../src/models/tf.ts'
import { maxDifference } from '../support/models.ts'
import { SYNTHETIC_TASK, syntheticPixels, syntheticSplits, tinyTrainee } from '../support/world.ts'

beforeAll(async () => {
  await startEngine()
})

const { train, test: held, reward } = syntheticSplits()

describe('the linear probe', () => {
  test('is the head’s kernel and bias, one solution a strength, the strongest first', () => {
    const trainee = tinyTrainee()
    const solutions = [...linearProbe(trainee, train)]
    const strengths = solutions.map(({ l2 }) => l2)
    expect(strengths.length).toBeGreaterThan(1)
    expect(strengths).toEqual([...strengths].sort((a, b) => b - a))
    const flops = solutions.map(solution => solution.flops)
    expect(flops).toEqual([...flops].sort((a, b) => a - b))
    const head = trainee.network.variables.slice(-2)
    expect(head.map(({ role }) => role)).toEqual(['kernel', 'bias'])
    for (const { weights, converged } of solutions) {
      expect(Object.keys(weights)).toEqual(head.map(({ name }) => name))
      expect(Object.values(weights).map(values => values.length)).toEqual(head.map(({ size }) => size))
      expect(converged).toBe(true)
    }
    const norms = solutions.map(({ weights }) => Math.hypot(...weights[head[0].name]))
    expect(norms).toEqual([...norms].sort((a, b) => a - b))
    // Features are paid for, once a clip.
    const { groups } = trainee.network
    const prefix = groups.slice(0, -1).reduce((sum, group) => sum + group.flops, 0)
    expect(trainee.flops).toBe(train.length * prefix)
  })

  test('by L-BFGS where the task doesn’t solve it itself: the same', () => {
    const solved = [...linearProbe(tinyTrainee(), train)]
    const { network } = tinyTrainee()
    const task = Object.create(SYNTHETIC_TASK, { solve: { value: undefined } })
    const features = tinyTrainee().headInputs(train)
    const other = [...linearProbe({ network, task, headInputs: () => features } as never, train)]
    expect(other.map(({ l2 }) => l2)).toEqual(solved.map(({ l2 }) => l2))
    const [kernel] = network.variables.slice(-2)
    // The weaker L2 is, the farther they may be apart.
    const [ours, theirs] = [other[0], solved[0]].map(({ weights }) => weights[kernel.name])
    expect(maxDifference(ours, theirs)).toBeLessThan(1e-2 * Math.hypot(...theirs))
  })

  test('put into the network it is what that says of the clips', () => {
    const trainee = tinyTrainee()
    const solution = [...linearProbe(trainee, train)].at(-1)
    const before = trainee.evaluate(train)
    trainee.assign({ ...trainee.read(), ...solution?.weights })
    const after = trainee.evaluate(train)
    const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0)
    expect(sum(after.losses)).toBeLessThan(sum(before.losses))
  })
})

describe('a network in training', () => {
  const rates = [0, 1e-3, 1e-2]

  test('evaluates clip by clip, in batches of any number', () => {
    const trainee = tinyTrainee()
    const all = [...train, ...held]
    const { losses, targets, predictions } = trainee.evaluate(all)
    expect([losses.length, targets.length, predictions.length]).toEqual([36, 36, 36])
    expect(targets).toEqual(all.map(({ label }) => (label === 'bright' ? 0 : 1)))
    // As plain tfjs has it.
    const pixels = tf.tensor(Float32Array.from(syntheticPixels(all)), [36, 2, 12, 12, 3])
    const said = (trainee.network.model.predict(pixels) as tf.Tensor).arraySync() as number[][]
    said.forEach((row, i) => {
      expect(losses[i]).toBeCloseTo(-Math.log(row[targets[i] as number]), 4)
      expect((predictions[i] as { label: number }).label).toBe(row[0] >= row[1] ? 0 : 1)
    })
    expect(trainee.evaluate([]).losses).toHaveLength(0)
    const inputs = trainee.headInputs(all)
    expect(inputs.length % 36).toBe(0)
    const one = trainee.headInputs(all.slice(20, 21))
    expect(maxDifference(inputs.slice(20 * one.length, 21 * one.length), one)).toBeLessThan(1e-5)
  })

  test('pays for the frozen prefix once a clip and version, and for what it trains at every step', () => {
    const trainee = tinyTrainee()
    const { network } = trainee
    const batch = train.slice(0, 4)
    const step = 4 * network.stepFlops([false, true, true])
    expect(trainee.step(batch, [0, 0, 0], undefined as never)).toBeUndefined()
    expect(trainee.flops).toBe(0)
    const paid = () => {
      const before = trainee.flops
      trainee.step(batch, rates, { next: () => 0.5 } as never)
      return trainee.flops - before
    }
    expect(paid()).toBe(step + 4 * network.groups[0].flops)
    expect(paid()).toBe(step)
    // The first group is as it was; evaluation runs the others again.
    const before = trainee.flops
    trainee.evaluate(batch)
    expect(trainee.flops - before).toBe(4 * network.forwardFlops(1))
    // A probe: both ways through everything, and the activations.
    const half = trainee.flops
    trainee.probe(batch)
    expect(trainee.flops - half).toBe(4 * (network.stepFlops([true, true, true]) + network.forwardFlops()))
    trainee.reset(trainee.pretrained, { modes: ['frozen', 'frozen', 'frozen'] })
    expect(trainee.flops).toBe(0)
    expect(paid()).toBe(step + 4 * network.groups[0].flops)
  })

  test('goes back to a moment: weights, what was spent, and what was paid for', () => {
    const trainee = tinyTrainee()
    const batch = train.slice(0, 4)
    const step = () => trainee.step(batch, rates, { next: () => 0.5 } as never)?.loss
    step()
    const state = trainee.snapshot()
    const { flops } = trainee
    const weights = trainee.read()
    const [second, third] = [step(), step()]
    const spent = trainee.flops
    trainee.restore(state)
    expect(trainee.flops).toBe(flops)
    expect(trainee.read()).toEqual(weights)
    expect([step(), step()]).toEqual([second, third])
    expect(trainee.flops).toBe(spent)
    // Values alone: what is spent stays spent.
    trainee.recall(state.handle)
    expect(trainee.read()).toEqual(weights)
    expect(trainee.flops).toBe(spent)
    const score = (outcomes: ReturnType<typeof trainee.evaluate>) => selectionOf(trainee.task.score(outcomes))
    const again = tinyTrainee()
    again.assign(weights)
    expect(score(trainee.evaluate(reward))).toBeCloseTo(score(again.evaluate(reward)), 6)
  })

  test('one clip has no halves: it is compared with itself', () => {
    const trainee = tinyTrainee()
    // A fresh head's kernel is zero: no gradient reaches what lies before it.
    expect(trainee.probe([train[0]]).figures.at(-1)?.alignment).toBeCloseTo(1, 5)
    expect(trainee.probe(train.slice(0, 2)).figures.at(-1)?.alignment).toBeLessThan(0.9999)
  })
})

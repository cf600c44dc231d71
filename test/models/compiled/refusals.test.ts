import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { CompiledExecutor } from '../../../src/models/compiled/compiled-executor.ts'
import { EagerExecutor } from '../../../src/models/eager-executor.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { functionBackend } from '../../../src/models/function/binding.ts'
import { readWeights } from '../../../src/models/initialize.ts'
import { tf } from '../../../src/models/tf.ts'
import { maxDifference } from '../../support/models.ts'
import { batch, rates, squared, TASK, tiny, withLoss } from '../../support/tiny-network.ts'

beforeAll(async () => {
  await startEngine({ engine: 'tfjs-node' })
})

describe('what only a later signature refuses', () => {
  const eagerAndCompiled = (
    options: () => ReturnType<typeof tiny>,
    batches: readonly (readonly unknown[])[],
    rounds: readonly (readonly number[])[] = batches.map(() => rates),
  ) => {
    const notices: string[] = []
    const [eager, compiled] = [EagerExecutor, CompiledExecutor].map(Executor => {
      const own = { ...options(), notice: (message: string) => notices.push(message) }
      const executor = new Executor(own, readWeights(own.network))
      const losses = batches.map((targets, i) => executor.step(batch(targets), rounds[i], {}).loss)
      return {
        losses,
        weights: executor.read(),
        probed: executor.probe([batch(batches[0]), batch(batches[1])]),
      }
    })
    for (const [i, loss] of compiled.losses.entries()) expect(loss).toBeCloseTo(eager.losses[i], 5)
    for (const [i, values] of Object.values(eager.weights).entries())
      expect(maxDifference(Object.values(compiled.weights)[i], values)).toBeLessThan(1e-5)
    for (const [group, { gradientNorm }] of eager.probed.figures.entries())
      expect(compiled.probed.figures[group].gradientNorm).toBeCloseTo(gradientNorm, 4)
    return notices
  }

  test('is computed eagerly, with the same figures, and the reason is given once: a loss', () => {
    const task = withLoss((outputs, targets) =>
      targets[0] === 0
        ? squared(outputs, tf.scalar(1))
        : squared(outputs, tf.scalar(outputs.values.dataSync()[0])),
    )
    const notices = eagerAndCompiled(
      () => tiny(task),
      [
        [0, 0],
        [1, 1],
        [0, 0],
        [1, 2],
      ],
    )
    expect(notices).toEqual([
      expect.stringMatching(
        /^some training steps are computed one operation at a time: the value of .* is read/,
      ),
    ])
  })

  test('a layer, whose gradient is read on the host where its group is trained', () => {
    const options = () => {
      const own = tiny(TASK)
      const { differentiate } = own.network
      own.network.differentiate = (input, clips, loss, of) => {
        const result = differentiate.call(own.network, input, clips, loss, of)
        if (of.trained.size > 2) result.loss.dataSync()
        return result
      }
      return own
    }
    const notices = eagerAndCompiled(
      options,
      [
        [0, 1],
        [1, 1],
        [0, 2],
        [1, 2],
      ],
      [[0, 1e-2], rates, [0, 1e-2], rates],
    )
    expect(notices).toHaveLength(1)
  })

  test('a loss that never does the same twice', () => {
    let calls = 0
    const task = withLoss(outputs =>
      squared(outputs, calls++ % 2 === 0 ? tf.scalar(1) : tf.add(tf.scalar(0.5), tf.scalar(0.5))),
    )
    const notices = eagerAndCompiled(
      () => tiny(task),
      [
        [0, 1],
        [1, 1],
      ],
    )
    expect(notices).toEqual([expect.stringMatching(/something else each time/)])
  })

  test('a function that TensorFlow will not have, with the masks of dropout as they come', () => {
    const backend = functionBackend()
    if (backend === undefined) throw new Error('no functions')
    const real = backend.binding
    const losses = [false, true].map(refused => {
      const options = tiny(TASK)
      const executor = new CompiledExecutor(options, readWeights(options.network))
      if (refused)
        backend.binding = Object.create(real, {
          addFunction: {
            value: () => {
              throw new Error('no such kernel')
            },
          },
        })
      try {
        const rng = Rng.of(1)
        return [0, 1].map(() => executor.step(batch([0, 1]), rates, { dropout: rng }).loss)
      } finally {
        backend.binding = real
      }
    })
    expect(losses[1][1]).toBeCloseTo(losses[0][1], 5)
  })
})

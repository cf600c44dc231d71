import { median } from '../../../src/common/quantile.ts'
import { compileFunction } from '../../../src/models/function/compile.ts'
import { tf } from '../../../src/models/tf.ts'
import { table, times } from '../measure.ts'
import { resnet50 } from './resnet50.ts'
import type { StepRow } from './row.ts'
import { type Stepping, steppingOf } from './steps.ts'

const ROW: StepRow = {
  ...{ net: 'resnet-50', folder: '', size: 64, batch: 8, frames: 8 },
  ...{ mode: 'frozen-bn', head: 'linear', aim: 1 },
}

/** How much of a compiled step of 25 million parameters is neither forward nor backward. */
export function shares(rounds: number, steps: number): string {
  const stepped = steppingOf(ROW, resnet50(ROW.size), 'compiled')
  const { network } = stepped.trainee
  const parameters = network.groups.reduce((sum, group) => sum + group.parameters, 0)
  const gradients = gradientsOf(stepped)
  for (const one of [stepped.step, gradients]) times(2, one)
  const found = Array.from({ length: rounds }, () => {
    const [step, passes] = [stepped.step, gradients].map(one => median(times(steps, one)))
    return { step, passes, share: Math.max(0, 1 - passes / step) }
  })
  process.stderr.write(`parameters: ${JSON.stringify(found)}\n`)
  const of = (key: 'step' | 'passes') => median(found.map(each => each[key])).toFixed(0)
  const share = 100 * median(found.map(each => each.share))
  return table(
    [
      `AdamW, ${ROW.size}x${ROW.size}, ${ROW.batch}×${ROW.frames} frames`,
      'step, ms',
      'forward and backward alone',
      'the rest (≤ 10 %)',
    ],
    [[`${(parameters / 1e6).toFixed(1)} M parameters`, of('step'), of('passes'), `${share.toFixed(1)} %`]],
  )
}

/** Forward, loss and backward as one function, whose gradients stay on the engine. */
function gradientsOf({ trainee, batch }: Stepping): () => void {
  const { network, task } = trainee
  const targets = batch.map(clip => task.target(clip))
  const trained = new Set(network.variables.filter(({ learned }) => learned).map(({ name }) => name))
  const pixels = new Uint8Array(batch.length * ROW.frames * ROW.size * ROW.size * 3).fill(99)
  const f = compileFunction((input: tf.Tensor) => {
    const loss = (outputs: Parameters<typeof task.loss>[0]) =>
      tf.mean(task.loss(outputs, targets)) as tf.Scalar
    const found = network.differentiate(input, batch.length, loss, { from: 0, trained })
    return [found.loss, ...found.gradients.values()]
  })
  return () => {
    const input = network.input(pixels, batch.length)
    const [loss, ...gradients] = f(input)
    loss.dataSync()
    tf.dispose([input, loss, ...gradients])
  }
}

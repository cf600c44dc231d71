import type { Rng } from '../../common/random.ts'
import type { LearnReport } from '../agent.ts'
import type { PpoSettings } from './config.ts'
import { type Figures, figureNames, noFigures } from './figures.ts'

/**
 * Epochs of minibatches of shuffled items, until the policy has gone far enough; figures are means over minibatches.
 * @param descend one optimizer step on some of the items, which it leaves as they are
 */
export function improve(
  items: number,
  { epochs, minibatches: wanted, targetKl }: Pick<PpoSettings, 'epochs' | 'minibatches' | 'targetKl'>,
  rng: Rng,
  descend: (batch: Int32Array) => Figures,
): LearnReport {
  const minibatches = Math.min(wanted, items)
  const order = new Int32Array(items)
  const bound = (k: number) => Math.floor((items * k) / minibatches)
  const total = noFigures()
  let epoch = 0
  for (let kl = 0; epoch < epochs && !(targetKl !== undefined && kl > targetKl); epoch++) {
    for (let t = 0; t < items; t++) order[t] = t
    rng.shuffleInPlace(order)
    kl = 0
    for (let m = 0; m < minibatches; m++) {
      const figures = descend(order.subarray(bound(m), bound(m + 1)))
      kl += figures.approximateKl / minibatches
      for (const name of figureNames) total[name] += figures[name]
    }
  }
  for (const name of figureNames) total[name] /= epoch * minibatches
  return { ...total, epochs: epoch }
}

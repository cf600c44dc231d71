import { failure } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { Adam } from '../adam.ts'
import type { LearnReport } from '../agent.ts'
import type { PpoSettings } from './config.ts'
import { type Figures, figureNames, noFigures, squares } from './figures.ts'

/** Parameters, their gradient, and who moves them. */
export interface Part {
  readonly parameters: Float32Array
  readonly gradient: Float32Array
  readonly optimizer: Adam
}

/**
 * One step of all parts, the gradient's norm bounded over them together; returns the norm that it had.
 * @throws failure when it is not finite
 */
export function stepTogether(parts: readonly Part[], maxNorm: number): number {
  const norm = Math.sqrt(parts.reduce((sum, { gradient }) => sum + squares(gradient), 0))
  if (!Number.isFinite(norm)) {
    throw failure('agent.diverged', "the agent's gradient is not finite: lower its learning rate")
  }
  for (const { parameters, gradient, optimizer } of parts) {
    if (norm > maxNorm) for (let i = 0; i < gradient.length; i++) gradient[i] *= maxNorm / norm
    optimizer.step(parameters, gradient)
  }
  return norm
}

/**
 * Epochs of minibatches of shuffled items, until the policy has gone far enough; figures are means over minibatches.
 * @param descend one optimizer step on some of the items
 */
export function improve(
  items: number,
  { epochs, minibatches: wanted, targetKl }: Pick<PpoSettings, 'epochs' | 'minibatches' | 'targetKl'>,
  rng: Rng,
  descend: (batch: readonly number[]) => Figures,
): LearnReport {
  const minibatches = Math.min(wanted, items)
  const order = Array.from({ length: items }, (_, t) => t)
  const total = noFigures()
  let epoch = 0
  for (let kl = 0; epoch < epochs && !(targetKl !== undefined && kl > targetKl); epoch++) {
    const shuffled = rng.shuffle(order)
    kl = 0
    for (let m = 0; m < minibatches; m++) {
      const bound = (k: number) => Math.floor((items * k) / minibatches)
      const figures = descend(shuffled.slice(bound(m), bound(m + 1)))
      kl += figures.approximateKl / minibatches
      for (const name of figureNames) total[name] += figures[name]
    }
  }
  for (const name of figureNames) total[name] /= epoch * minibatches
  return { ...total, epochs: epoch }
}

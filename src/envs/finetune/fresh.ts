import { Rng } from '../../common/random.ts'
import { initialWeights, type Weights } from '../../models/initialize.ts'
import type { GroupSetting } from './actions.ts'
import { BatchOrder } from './batches.ts'
import type { FineTuningOptions } from './world-state.ts'

/** What a run begins with, all of it from its seed: head, data order, dropout, settings. */
export interface FreshRun {
  readonly weights: Weights
  readonly order: BatchOrder
  readonly dropout: Rng
  readonly settings: GroupSetting[]
}

export function freshRun<A>(options: FineTuningOptions<A>, seed: number): FreshRun {
  const { trainee, pretrained, splits, limits, start, settings, balancedBatches } = options
  const { network, task } = trainee
  const rng = Rng.of(seed, 'weights')
  const initial = initialWeights(network, pretrained, { ...options, rng, headStart: task.head.start })
  return {
    weights: { ...initial, ...start },
    order: new BatchOrder(splits.train, Rng.of(seed, 'order'), balancedBatches),
    dropout: Rng.of(seed, 'dropout'),
    settings: network.groups.map((_, group) => {
      const depth = network.groups.length - 1 - group
      return settings?.[group] ?? { frozen: depth > 0, learningRate: limits.reset(depth) }
    }),
  }
}

import { Rng } from '../../src/common/random.ts'
import type { Clip, Splits } from '../../src/data/dataset.ts'
import { fiveActions, rateLimits } from '../../src/envs/finetune/actions.ts'
import { defaultStateSpace } from '../../src/envs/finetune/features.ts'
import { logLoss } from '../../src/envs/finetune/reward.ts'
import { FineTuning } from '../../src/envs/finetune/world.ts'
import type { FineTuningOptions } from '../../src/envs/finetune/world-state.ts'
import { buildClipModel } from '../../src/models/clip-model.ts'
import type { HeadKind } from '../../src/models/head-kinds.ts'
import { readWeights } from '../../src/models/initialize.ts'
import { Network } from '../../src/models/network.ts'
import { createOptimizer } from '../../src/models/optimizer.ts'
import { SCALINGS } from '../../src/models/scaling.ts'
import { Trainee } from '../../src/models/trainee.ts'
import { tinyImageModel } from './models.ts'
import { classTask } from './tasks.ts'

const FRAMES = 2
const SIDE = 12

export const SYNTHETIC_TASK = classTask(['bright', 'dark'])

/** Made-up clips of two classes: noise, and noise with a bright corner that a network can learn to see. */
export function syntheticSplits(): Splits {
  const make = (split: 'train' | 'probe' | 'reward' | 'test', count: number) =>
    Array.from({ length: count }, (_, i): Clip => {
      const label = i % 2 === 0 ? 'bright' : 'dark'
      return { id: `${split}-${i}`, path: '', label }
    })
  return {
    train: make('train', 24),
    probe: make('probe', 8),
    reward: make('reward', 12),
    test: make('test', 12),
  }
}

export function syntheticPixels(clips: readonly Clip[]): Uint8Array {
  const size = FRAMES * SIDE * SIDE * 3
  const all = new Uint8Array(clips.length * size)
  clips.forEach((clip, index) => {
    const rng = Rng.of(7, clip.id)
    for (let i = 0; i < size; i++) {
      const row = Math.floor(i / (SIDE * 3)) % SIDE
      const lit = clip.label === 'bright' && row < 4 ? 60 : 0
      all[index * size + i] = rng.int(160) + lit
    }
  })
  return all
}

export function tinyTrainee(
  options: {
    groups?: number
    cacheBytes?: number
    inBatches?: boolean
    optimizer?: 'adamw' | 'sgd'
    head?: HeadKind
  } = {},
): Trainee {
  const model = buildClipModel(tinyImageModel(), {
    output: SYNTHETIC_TASK.head,
    frames: FRAMES,
    size: [SIDE, SIDE],
    scaling: SCALINGS[1],
    head: options.head ?? 'mean',
    rng: Rng.of(3),
  })
  const network = new Network(model, { count: options.groups ?? 3 })
  return new Trainee(
    {
      network,
      optimizer: () => createOptimizer({ kind: options.optimizer ?? 'adamw' }),
      pixels: syntheticPixels,
      task: SYNTHETIC_TASK,
      cacheBytes: options.cacheBytes ?? 2 ** 24,
      batches: options.inBatches ? Object.values(syntheticSplits()) : [],
    },
    readWeights(network),
  )
}

export function tinyWorld(
  options: Partial<FineTuningOptions<number>> = {},
  trainee = tinyTrainee(),
): FineTuning<number> {
  return new FineTuning<number>({
    trainee,
    pretrained: trainee.pretrained,
    splits: syntheticSplits(),
    batchSize: 4,
    roundSteps: 2,
    budgetSteps: 8,
    // Tiny batches make probing the larger cost: steps are what ends these episodes.
    budgetFlops: 1e15,
    limits: rateLimits(1e-4),
    actions: fiveActions,
    states: defaultStateSpace,
    reward: logLoss,
    norms: { modes: trainee.network.groups.map(() => 'frozen') },
    ...options,
  })
}

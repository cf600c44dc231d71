import { fileURLToPath } from 'node:url'
import { Rng } from '../../src/common/random.ts'
import type { Clip } from '../../src/data/dataset.ts'
import { buildClipModel } from '../../src/models/clip-model.ts'
import type { ExecutorName } from '../../src/models/executor-names.ts'
import { EXECUTOR_BY_NAME } from '../../src/models/executors.ts'
import type { NormMode } from '../../src/models/gradients.ts'
import type { HeadBuilder } from '../../src/models/head.ts'
import type { HeadKind } from '../../src/models/head-kinds.ts'
import { readWeights } from '../../src/models/initialize.ts'
import { loadModel } from '../../src/models/load.ts'
import { Network } from '../../src/models/network.ts'
import { createOptimizer } from '../../src/models/optimizer.ts'
import { SCALINGS } from '../../src/models/scaling.ts'
import { classification } from '../../src/models/tasks/classification.ts'
import { Trainee } from '../../src/models/trainee.ts'

const MODEL = fileURLToPath(new URL('../../models/mobilenet_v2_035_224_tm', import.meta.url))
export const FRAMES = 8
const CLASSES = 4

/** Clips of noise whose pixels lie in memory. */
export interface Bench {
  readonly trainee: Trainee
  readonly batch: readonly Clip[]
  /** One training step of everything but the first `frozen` groups. */
  step(frozen?: number): void
}

/** The shipped network under the peer's head, as fine-tuning trains it: AdamW, a rate a group. */
export async function mobilenet(options: {
  readonly size: number
  readonly batch: number
  readonly groups: number
  readonly norm?: NormMode
  readonly head?: HeadKind | HeadBuilder
  /** 0: what a frozen prefix computes is computed every step. */
  readonly cacheBytes?: number
  /** Whether what a frozen prefix computes is computed in batches of 16 clips, as a run does; default: each clip alone. */
  readonly inBatches?: boolean
  /** Default: eager. */
  readonly executor?: ExecutorName
}): Promise<Bench> {
  const { size, norm = 'frozen', head = 'two-layer', cacheBytes = 0, executor = 'eager' } = options
  const { model } = await loadModel(MODEL)
  const classes = Array.from({ length: CLASSES }, (_, i) => String(i))
  const task = classification('action-recognition', 'for timings').create({ classes })
  const clip = buildClipModel(model, {
    output: task.head,
    frames: FRAMES,
    size: [size, size],
    scaling: SCALINGS[1],
    head,
    rng: Rng.of(1, 'head'),
  })
  const network = new Network(clip, { count: options.groups })
  const batch = Array.from(
    { length: options.batch },
    (_, i): Clip => ({ id: String(i), path: '', label: String(i % CLASSES) }),
  )
  const rng = Rng.of(1, 'pixels')
  const pixels = Uint8Array.from({ length: options.batch * FRAMES * size * size * 3 }, () => rng.int(256))
  const bytes = pixels.length / options.batch
  const trainee = new Trainee(
    {
      network,
      optimizer: () => createOptimizer({ kind: 'adamw' }),
      pixels: clips => {
        const first = Number(clips[0].id)
        return pixels.subarray(first * bytes, (first + clips.length) * bytes)
      },
      task,
      cacheBytes,
      batches: options.inBatches ? inSlices(batch, 16) : undefined,
      executor: EXECUTOR_BY_NAME[executor],
    },
    readWeights(network),
  )
  trainee.reset(trainee.pretrained, { modes: network.groups.map(() => norm) })
  const dropout = Rng.of(1, 'dropout')
  return {
    trainee,
    batch,
    step: (frozen = 0) => {
      trainee.step(
        batch,
        network.groups.map((_, group) => (group < frozen ? 0 : 1e-4)),
        dropout,
      )
    },
  }
}

/** Share of the forward FLOPs that the first `groups` groups take. */
export function flopShare(network: Network, groups: number): number {
  return 1 - network.forwardFlops(groups) / network.forwardFlops()
}

/** How many groups to freeze to come nearest to a share of the FLOPs. */
export function prefixOf(network: Network, share: number): number {
  const distances = network.groups.map((_, groups) => Math.abs(flopShare(network, groups) - share))
  return distances.indexOf(Math.min(...distances))
}

function inSlices<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
}

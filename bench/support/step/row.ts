import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MODELS = fileURLToPath(new URL('../../../models', import.meta.url))
/** A folder with the networks that don't ship. */
const MORE = process.env.LAYERGYM_MODELS ?? MODELS

/** One step that is timed against peers: a network under a head, and a batch. */
export interface StepRow {
  /** As the peers know it. */
  readonly net: string
  readonly folder: string
  /** Pixels a side; a sequence has none. */
  readonly size: number
  readonly batch: number
  /** Of a clip, or a sequence's rows. */
  readonly frames: number
  readonly mode: 'frozen-bn' | 'train-bn'
  readonly head: 'two-layer' | 'linear' | 'gru'
  readonly dropout?: number
  /** Clips are flipped at random. */
  readonly augment?: boolean
  /** Of the faster layout of PyTorch's. */
  readonly aim: number
}

const MOBILENET = {
  net: 'mobilenet-035',
  folder: 'mobilenet_v2_035_224_tm',
  frames: 8,
  head: 'two-layer',
} as const
const DIGITS = { folder: 'mnist_cnn', size: 28, batch: 16, mode: 'frozen-bn', aim: 1 } as const
const SEQUENCE = { size: 0, batch: 16, frames: 32, mode: 'frozen-bn', head: 'linear', aim: 1 } as const

export const STEP_ROWS: Readonly<Record<string, StepRow>> = {
  'mobilenet-64': { ...MOBILENET, size: 64, batch: 16, mode: 'frozen-bn', aim: 0.8 },
  'mobilenet-64-train': { ...MOBILENET, size: 64, batch: 16, mode: 'train-bn', aim: 0.95 },
  'mobilenet-96': { ...MOBILENET, size: 96, batch: 8, mode: 'frozen-bn', aim: 0.8 },
  'mobilenet-96-train': { ...MOBILENET, size: 96, batch: 8, mode: 'train-bn', aim: 0.95 },
  'mobilenet-64-augmented': {
    ...MOBILENET,
    ...{ size: 64, batch: 16, mode: 'frozen-bn', dropout: 0.2, augment: true, aim: 0.9 },
  },
  'mobilenet-96-augmented': {
    ...MOBILENET,
    ...{ size: 96, batch: 8, mode: 'frozen-bn', dropout: 0.2, augment: true, aim: 0.9 },
  },
  'mobilenet100-224': {
    ...MOBILENET,
    ...{ net: 'mobilenet-100', folder: 'mobilenet_v2_100_224_uint8', size: 224, batch: 4 },
    ...{ mode: 'frozen-bn', aim: 1 },
  },
  resnet20: {
    ...{ net: 'resnet20', folder: 'resnet20_cifar10', size: 32, batch: 16, frames: 1 },
    ...{ mode: 'frozen-bn', head: 'linear', aim: 0.9 },
  },
  'mnist-cnn': { ...DIGITS, net: 'mnist-cnn', frames: 1, head: 'linear' },
  'gru-head': { ...DIGITS, net: 'gru-head', frames: 8, head: 'gru' },
  'gru-tiny': { ...SEQUENCE, net: 'gru-tiny', folder: 'gru_tiny' },
  'char-lstm': { ...SEQUENCE, net: 'char-lstm', folder: 'char_lstm' },
}

/** Where a row's network lies; undefined where it isn't at hand. */
export function folderOf({ folder }: StepRow): string | undefined {
  return [MODELS, MORE].map(place => join(place, folder)).find(place => existsSync(join(place, 'model.json')))
}

export function describeRow({ net, size, batch, frames, mode, dropout, augment }: StepRow): string {
  const shape = size === 0 ? `${batch}×${frames} rows` : `${size}x${size}, ${batch}×${frames} frames`
  const more = [
    ...(mode === 'train-bn' ? [mode] : []),
    ...(dropout ? ['dropout'] : []),
    ...(augment ? ['flips'] : []),
  ]
  return [net, shape, ...more].join(', ')
}

import type { Clip } from './dataset.ts'

const SPLITS: Readonly<Record<string, Clip['split']>> = {
  train: 'train',
  probe: 'probe',
  reward: 'reward',
  val: 'reward',
  validation: 'reward',
  test: 'test',
}

/** What a manifest or a folder may call a split. */
export const SPLIT_NAMES = Object.keys(SPLITS)

/** `val` and `validation` are the reward split; undefined for other names. */
export function parseSplit(name: string): Clip['split'] {
  const lower = name.toLowerCase()
  return Object.hasOwn(SPLITS, lower) ? SPLITS[lower] : undefined
}

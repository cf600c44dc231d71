import { inputError } from '../../common/error.ts'
import type { SkippedClip } from '../../data/clip-cache.ts'
import type { Clip, Dataset, Splits } from '../../data/dataset.ts'
import type { TaskDefinition } from '../../models/tasks/task.ts'
import type { FineTuneConfig } from './config.ts'

const DEFAULT_BATCH = 16

/** One line for people, before training starts. */
export function describeSplits(dataset: Dataset, splits: Splits): string {
  const sizes = `${splits.train.length} train, ${splits.probe.length} probe, ${splits.reward.length} reward, ${splits.test.length} test`
  const { classes, boxClasses, maskClasses, segmentClasses } = dataset
  const kinds = {
    classes,
    'classes of boxes': boxClasses,
    'of masks': maskClasses,
    'of segments': segmentClasses,
  }
  const named = Object.entries(kinds).flatMap(([kind, names = []]) =>
    names.length === 0 ? [] : [`${names.length} ${kind} (${names.join(', ')})`],
  )
  return `${named.join(', ')}; clips: ${sizes}`
}

/** The dataset without the clips that turned out to be undecodable; they are listed with their reasons. */
export function withoutBroken(dataset: Dataset, skipped: readonly SkippedClip[]): Dataset {
  if (skipped.length === 0) return dataset
  const broken = new Set(skipped.map(({ clip }) => clip.id))
  return {
    ...dataset,
    clips: dataset.clips.filter(clip => !broken.has(clip.id)),
    skipped: [...dataset.skipped, ...skipped.map(({ clip, reason }) => ({ path: clip.path, reason }))],
  }
}

/** Clips a training step: as asked for, else 16, or all of a smaller train split. */
export function batchSizeOf({ batchSize }: FineTuneConfig, splits: Splits): number {
  return batchSize ?? Math.min(DEFAULT_BATCH, splits.train.length)
}

/** @throws input error when a batch was asked for that is larger than the train split */
export function checkBatch(splits: Splits, config: FineTuneConfig): void {
  const batchSize = batchSizeOf(config, splits)
  if (batchSize <= splits.train.length) return
  throw inputError(
    'batch-size.too-large',
    `a batch of ${batchSize} is larger than the train split of ${splits.train.length} clips: ` +
      `choose --batch-size ${splits.train.length} or less`,
  )
}

const UNSCORABLE = 'Name splits so that each has some, divide with another --seed, or annotate more'

/** @throws input error when there is nothing to learn from, or a score says nothing of what is chosen by or reported */
export function refuseUnscorable(splits: Splits, { unscorable }: Pick<TaskDefinition, 'unscorable'>): void {
  for (const name of ['train', 'reward', 'test'] as const) {
    const reason = unscorable?.(splits[name])
    if (reason !== undefined)
      throw inputError('split.unscorable', `the ${name} split's clips won't do: ${reason}. ${UNSCORABLE}`)
  }
}

/** A split in batches of fixed composition. */
export function inBatches(clips: readonly Clip[]): (readonly Clip[])[] {
  const count = Math.ceil(clips.length / DEFAULT_BATCH)
  return Array.from({ length: count }, (_, i) => clips.slice(i * DEFAULT_BATCH, (i + 1) * DEFAULT_BATCH))
}

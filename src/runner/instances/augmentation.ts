import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import { augment } from '../../data/augment/augment.ts'
import { type Augmentation, parseAugmentation } from '../../data/augment/config.ts'
import type { Clip } from '../../data/dataset.ts'
import type { Source } from '../../data/open-source.ts'
import type { ClipSource, Seen } from '../../data/source.ts'
import type { TaskDefinition } from '../../models/tasks/task.ts'
import type { FineTuneConfig } from './config.ts'

/**
 * What is done to training clips, frames at random moments included.
 * @throws input error for what `--augment` can't be
 */
export function augmentationOf(
  { augment: names, sampling, task }: Pick<FineTuneConfig, 'augment' | 'sampling' | 'task'>,
  { augmentation }: TaskDefinition,
): Augmentation {
  const given = names.map(name => (name === 'preset' ? presetOf(task, augmentation) : name))
  const jitter = sampling === 'random-segment' ? ['temporal-jitter'] : []
  return parseAugmentation([...given, ...jitter])
}

/** Batches of training clips with it; undefined where nothing is done, and all are as they lie in the cache. */
export function augmentedBy(
  augmentation: Augmentation,
  source: Pick<ClipSource, 'kind' | 'see' | 'shape'> | Extract<Source, { kind: 'sequences' }>,
): ((clips: readonly Clip[], rng: Rng) => Seen) | undefined {
  if (Object.keys(augmentation).length === 0) return undefined
  return (clips, rng) => {
    const sampling = augmentation.temporalJitter ? rng : 'uniform'
    if (source.kind === 'sequences') return source.see(clips, sampling)
    return augment(source.see(clips, sampling), source.shape, augmentation, rng)
  }
}

function presetOf(task: string, preset: string | undefined): string {
  if (preset !== undefined) return preset
  throw inputError(
    'augmentation.preset',
    `the task '${task}' has no preset of augmentations: name what is to be done, as in --augment colour,resized-crop`,
  )
}

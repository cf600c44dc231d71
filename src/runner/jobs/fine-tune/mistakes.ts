import type { Clip } from '../../../data/dataset.ts'
import type { Trainee } from '../../../models/trainee.ts'
import type { Composition } from '../../instances/instance.ts'
import { pngDataUri } from '../../report/png.ts'
import type { Mistake } from './summary.ts'

const SHOWN = 12

/** Test clips that the model gets wrong, the surest first. */
export function mistakesOf(trainee: Trainee, { splits, label, dataset }: Composition): readonly Mistake[] {
  const { classes } = dataset
  const probabilities = trainee.probabilities(splits.test)
  return splits.test
    .map((clip: Clip, i) => {
      const own = probabilities.subarray(i * classes.length, (i + 1) * classes.length)
      const predicted = own.indexOf(Math.max(...own))
      return {
        clip: clip.id,
        label: clip.label,
        predicted: classes[predicted],
        probability: own[predicted],
        right: predicted === label(clip),
      }
    })
    .filter(({ right }) => !right)
    .sort((a, b) => b.probability - a.probability)
    .slice(0, SHOWN)
    .map(({ right: _, ...mistake }) => mistake)
}

/** The middle frame of each, a PNG as data URI by clip id; none where pixels are neither grey nor RGB. */
export function thumbnailsOf(
  mistakes: readonly Mistake[],
  { splits, pixels, format }: Pick<Composition, 'splits' | 'pixels' | 'format'>,
): ReadonlyMap<string, string> {
  const { frames, channels } = format
  const [height, width] = format.size
  if (channels !== 1 && channels !== 3) return new Map()
  const clips = mistakes.flatMap(({ clip }) => splits.test.find(({ id }) => id === clip) ?? [])
  const size = height * width * channels
  return new Map(
    clips.map(clip => {
      const from = Math.floor(frames / 2) * size
      const frame = pixels([clip]).subarray(from, from + size)
      return [clip.id, pngDataUri(frame, [height, width, channels])]
    }),
  )
}

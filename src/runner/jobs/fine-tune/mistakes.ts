import type { Clip } from '../../../data/dataset.ts'
import { pngDataUri } from '../../../data/png-encoder.ts'
import type { Outcomes, Task } from '../../../models/tasks/task.ts'
import type { Composition } from '../../instances/instance.ts'
import type { Mistake } from './summary.ts'

const SHOWN = 12

/** Test clips that the model gets wrong, the surest first. */
export function mistakesOf(
  clips: readonly Clip[],
  task: Task,
  { predictions, targets }: Pick<Outcomes<unknown, unknown>, 'predictions' | 'targets'>,
): readonly Mistake[] {
  return clips
    .flatMap(({ id, label }, i) => {
      const wrong = task.mistake?.(predictions[i], targets[i])
      return wrong === undefined ? [] : [{ clip: id, label, ...wrong }]
    })
    .sort((a, b) => b.probability - a.probability)
    .slice(0, SHOWN)
}

/** The middle frame of each, a PNG as data URI by clip id; none of sequences, nor where pixels are neither grey nor RGB. */
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
    clips.flatMap(clip => {
      const values = pixels([clip])
      if (!(values instanceof Uint8Array)) return []
      const from = Math.floor(frames / 2) * size
      const frame = values.subarray(from, from + size)
      return [[clip.id, pngDataUri(frame, [height, width, channels])]] as const
    }),
  )
}

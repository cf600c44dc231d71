import type { Frame } from '../../../common/canvas.ts'
import type { Clip } from '../../../data/dataset.ts'
import { geometryOf } from '../../../data/geometry.ts'
import { pngDataUri } from '../../../data/png-encoder.ts'
import { perItemOf } from '../../../models/tasks/per-item.ts'
import type { Outcomes, Task } from '../../../models/tasks/task.ts'
import type { Trainee } from '../../../models/trainee.ts'
import type { Composition } from '../../instances/instance.ts'
import { atReportSize } from '../../report/picture.ts'
import type { Example } from './summary.ts'

const SHOWN = 12

/** Test clips that weigh a score down most, the worst first; none of a task that doesn't draw. */
export function examplesOf(
  clips: readonly Clip[],
  task: Task,
  outcomes: Outcomes<unknown, unknown>,
): readonly Example[] {
  if (task.draw === undefined) return []
  const { points } = perItemOf(task, outcomes)
  const { targets, predictions, losses } = outcomes
  return clips
    .map((_, i) => i)
    .sort((a, b) => points[a] - points[b])
    .slice(0, SHOWN)
    .map(i => {
      const alone = { targets: [targets[i]], predictions: [predictions[i]], losses: [losses[i]] }
      return { clip: clips[i].id, primary: task.score(alone).primary }
    })
}

/** A frame of a clip with what is true of it and with what the model says, PNGs as data URIs. */
export interface ExamplePictures {
  readonly truth: string
  readonly prediction: string
}

/** Of each example, by clip id; none where pixels are neither grey nor RGB. @param trainee holds the model's weights */
export function examplePictures(
  examples: readonly Example[],
  { splits, pixels, format, task }: Pick<Composition, 'splits' | 'pixels' | 'format' | 'task'>,
  trainee: Pick<Trainee, 'evaluate'>,
): ReadonlyMap<string, ExamplePictures> {
  const { frames, channels } = format
  const [height, width] = format.size
  if (channels !== 1 && channels !== 3) return new Map()
  const clips = examples.flatMap(({ clip }) => splits.test.find(({ id }) => id === clip) ?? [])
  if (clips.length === 0) return new Map()
  const { targets, predictions } = trainee.evaluate(clips)
  const size = height * width * channels
  return new Map(
    clips.flatMap((clip, i) => {
      const all = pixels([clip])
      if (!(all instanceof Uint8Array)) return []
      for (const frame of fromTheMiddle(frames)) {
        const own = all.subarray(frame * size, (frame + 1) * size)
        const picture = atReportSize(own, [height, width, channels])
        const geometry = geometryOf([picture.height, picture.width], format.size, 'stretch')
        const draw = (of: { target: unknown } | { prediction: unknown }) =>
          task.draw?.(picture, { of, frame, geometry })
        const truth = draw({ target: targets[i] })
        const prediction = draw({ prediction: predictions[i] })
        if (truth !== undefined && prediction !== undefined)
          return [[clip.id, { truth: uriOf(truth), prediction: uriOf(prediction) }] as const]
      }
      return []
    }),
  )
}

/** The middle frame, then those beside it: something is known of one of them. */
function fromTheMiddle(frames: number): readonly number[] {
  const middle = Math.floor(frames / 2)
  const distance = (frame: number) => Math.abs(frame - middle)
  return Array.from({ length: frames }, (_, t) => t).sort((a, b) => distance(a) - distance(b))
}

function uriOf({ pixels, height, width }: Frame): string {
  return pngDataUri(pixels, [height, width, 3])
}

import type { Detection, TrueBox } from '../coco/match.ts'
import type { DenseTarget } from './targets.ts'

/** Objects of each frame, the most certain first. */
export type Detections = readonly (readonly Detection[])[]

/** What is true of a clip; undefined frames are those that nothing is known of. */
export interface DetectionTarget {
  readonly frames: readonly (readonly TrueBox[] | undefined)[]
  readonly dense: DenseTarget
  /** Pixels of the input to one of the source, by which objects are small or large. */
  readonly scale: { readonly x: number; readonly y: number }
}

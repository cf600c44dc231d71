/** The value of a mask's pixels that nothing is said of. */
export const IGNORED = 255

/** Less of a box than this, a share of its area, is no object any more once something hides the rest. */
export const LEAST_VISIBLE = 0.1
/** Nor is one that is thinner. Pixels of a network's input. */
export const LEAST_SIDE = 1

/** A rectangle round one object, in pixels of its frame; x and y are its left upper corner. */
export interface Box {
  readonly label: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** Stands for a group of objects that were not told apart (COCO's iscrowd): neither to be found nor a mistake. */
  readonly crowd?: boolean
}

/** Boxes of one frame of the source. */
export interface FrameBoxes {
  /** Presentation time, seconds from the start of the file; 0 of a picture. */
  readonly time: number
  readonly boxes: readonly Box[]
}

/** What happens from `start` to `end`, seconds from the start of the file. */
export interface Segment {
  readonly label: string
  readonly start: number
  readonly end: number
}

/** What the numbers of a mask's pixels stand for. A class is its place in the dataset's `maskClasses`, or `IGNORED`. */
export interface Legend {
  /** Classes by a palette's index or a grey value. */
  readonly indices?: ReadonlyMap<number, number>
  /** Classes by colour, 0xrrggbb. */
  readonly colours?: ReadonlyMap<number, number>
}

/** A picture in which each pixel says of which class the clip's is. */
export interface ClassMask {
  /** Absolute; a PNG. */
  readonly path: string
  readonly legend: Legend
  /** Pixels by class. */
  readonly counts: readonly number[]
}

/** What is known of a clip beyond its label, as its files say it. */
export interface Annotation {
  /** [height, width] of the source's frames as they are shown, turned by rotation metadata. */
  readonly size: readonly [number, number]
  /** By time, every frame of the source, also those that hold no object; of a `sparse` clip those that were looked at. */
  readonly boxes?: readonly FrameBoxes[]
  /** Nothing is known of frames that `boxes` doesn't list. */
  readonly sparse?: boolean
  /** Of all frames. */
  readonly mask?: ClassMask
  /** By time, none over another. */
  readonly segments?: readonly Segment[]
}

/** What is true of one frame that a network sees; coordinates are those of its input. Undefined: nothing is known. */
export interface FrameTruth {
  /** Within the frame; cut off by it where they reach out. */
  readonly boxes?: readonly Box[]
  /** [H·W] index into the dataset's mask classes, or `IGNORED`: bars of a letterbox too. */
  readonly mask?: Uint8Array
  /** Label of the segment that the frame lies in. */
  readonly moment?: string
}

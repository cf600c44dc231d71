import type { Annotation, FrameTruth } from './annotation.ts'

/** One labelled clip: a whole file, or the piece of it between `start` and `end`. */
export interface Clip {
  /** Stable identity within the dataset: path relative to the dataset's folder, plus the piece if it is one. */
  readonly id: string
  /** Absolute path. */
  readonly path: string
  /** What a task makes its target from: a class's name or, of a measured quantity, a number as text; empty where none is given. */
  readonly label: string
  /** Boxes, masks, segments. */
  readonly annotation?: Annotation
  /** As the manifest says; clips without one are split by `splitDataset`. */
  readonly split?: 'train' | 'test' | 'probe' | 'reward'
  /** Clips of one recording share a group and never straddle splits. */
  readonly group?: string
  /** Seconds. */
  readonly start?: number
  /** Seconds, after `start`. */
  readonly end?: number
}

/** A clip as a network sees it: with what is true of each frame of its input. */
export interface Item extends Clip {
  /** A frame of the input each; none where the dataset has labels alone. */
  readonly truth?: readonly FrameTruth[]
}

/** Labelled clips, as `loadDataset` finds them; nothing is decoded yet. */
export interface Dataset {
  /** Absolute path of the folder or manifest. */
  readonly path: string
  /** The clips' labels that occur, sorted; none where clips have annotations alone. */
  readonly classes: readonly string[]
  /** Labels of boxes that occur, sorted. */
  readonly boxClasses?: readonly string[]
  /** What a mask's indices stand for. */
  readonly maskClasses?: readonly string[]
  /** Labels of segments that occur, sorted. */
  readonly segmentClasses?: readonly string[]
  readonly clips: readonly Clip[]
  /** True when some column or folder says which clips are of one recording. */
  readonly hasGroups: boolean
  /** Files left out on the user's request, with the reason. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[]
}

/** The four disjoint parts: train learns, probe reads statistics, reward scores agents, test is read once. */
export interface Splits {
  readonly train: readonly Clip[]
  readonly probe: readonly Clip[]
  readonly reward: readonly Clip[]
  readonly test: readonly Clip[]
}

/** Whether there is more than labels: boxes, masks or segments. */
export function isAnnotated({ boxClasses, maskClasses, segmentClasses }: Dataset): boolean {
  return [boxClasses, maskClasses, segmentClasses].some(classes => classes !== undefined)
}

export interface LoadOptions {
  /** The manifest's column that says which clips are of one recording; `group`, where there is one, when omitted. */
  readonly groupColumn?: string
  /** Leave out files that are missing or empty, and list them, instead of throwing. */
  readonly skipBroken?: boolean
  readonly signal?: AbortSignal
}

/** What a loader of one layout finds. */
export interface Found {
  readonly clips: readonly Clip[]
  readonly skipped: Dataset['skipped']
  readonly boxClasses?: readonly string[]
  readonly maskClasses?: readonly string[]
  readonly segmentClasses?: readonly string[]
}

import type { Geometry } from '../../data/geometry.ts'

/** What is drawn on a picture: what a model says of a clip, or what is true of it. */
export interface Drawing<Target, Prediction> {
  readonly of: { readonly prediction: Prediction } | { readonly target: Target }
  /** Index among the frames that the network saw, or of a whole recording's. */
  readonly frame: number
  /** How the picture comes to lie in the network's input. */
  readonly geometry: Geometry
}

/** What a model says of one stretch of a recording. */
export interface Stretch {
  /** Seconds from the start of the file. */
  readonly start: number
  readonly end: number
  readonly label: string
  /** [0, 1], mean over its moments. */
  readonly probability: number
}

interface Titled {
  readonly title: string
  /** How it is to be read, in a sentence or two. */
  readonly text: string
}

/** Lines over one axis, both axes in [0, 1]. */
export interface Curves extends Titled {
  readonly kind: 'curves'
  readonly x: string
  readonly y: string
  readonly curves: readonly {
    readonly name: string
    readonly points: readonly (readonly [number, number])[]
  }[]
}

/** Counts of what was taken for what. */
export interface Matrix extends Titled {
  readonly kind: 'matrix'
  /** What is counted: "pixels". */
  readonly of: string
  /** Of rows and of columns. */
  readonly names: readonly string[]
  /** The last name stands for none of the others: nothing in its row is right. */
  readonly withRest?: boolean
  /** [true][predicted] */
  readonly counts: readonly (readonly number[])[]
}

/** Shares by name. */
export interface Bars extends Titled {
  readonly kind: 'bars'
  /** What `share` is. */
  readonly of: string
  /** [0, 1]; null where there is nothing to have a share of. */
  readonly bars: readonly { readonly name: string; readonly share: number | null }[]
}

/** Stretches of time by label, a truth and a prediction of each recording. */
export interface Strips extends Titled {
  readonly kind: 'strips'
  readonly labels: readonly string[]
  readonly strips: readonly Strip[]
}

export interface Strip {
  readonly name: string
  readonly rows: readonly { readonly name: string; readonly spans: readonly Span[] }[]
}

/** [start, end, index of its label]; seconds. */
export type Span = readonly [start: number, end: number, label: number]

/** What a report shows of a task beyond its figures; JSON-safe and small: it lies in the summary. */
export type Detail = Curves | Matrix | Bars | Strips

/** What is true of a window. */
export interface MomentsTarget {
  /** [T] class index, or `UNLABELLED`. */
  readonly labels: Int32Array
  /** Of the window within its recording. */
  readonly recording: string
  readonly start: number
  readonly end: number
}

/** What a model says of one, or of a whole recording. */
export interface MomentsPrediction {
  /** [T] class index. */
  readonly labels: Int32Array
  /** [T, C] */
  readonly probabilities: Float32Array
  /** [T + 1] seconds at which each begins and the last one ends, of a whole recording. */
  readonly times?: readonly number[]
}

/** A network on a data set. Everything by which quantities are compared is in these rows, a line each in the file. */
export interface PairRow {
  readonly kind: 'pair'
  readonly data: string
  readonly network: string
  readonly classes: number
  /** Whether the training clips' classes are unbalanced: classes count alike then, in quantities and test score. */
  readonly balanced: boolean
  readonly clips: { readonly train: number; readonly reward: number; readonly test: number }
  readonly recordings: { readonly train: number; readonly reward: number; readonly test: number }
  /** Class indices of the reward split's clips, then of test's. */
  readonly labels: { readonly reward: readonly number[]; readonly test: readonly number[] }
  /** The half of test, 0 or 1, that each of its clips is in; recordings are whole. */
  readonly halfOfTest: readonly number[]
}

/** A fine-tuning run. */
export interface RunRow {
  readonly kind: 'run'
  readonly data: string
  readonly network: string
  readonly setting: string
  /** After each round. */
  readonly rounds: readonly {
    /** Of the reward split, by name; NaN becomes null in JSON. */
    readonly quantities: Readonly<Record<string, number>>
    /** On all test clips, and on two halves of their recordings. */
    readonly test: number
    readonly halves: readonly [number, number]
  }[]
  /** It wasn't finite any more after its last round. */
  readonly diverged: boolean
  /** After the last round: a byte a clip, of the reward split and of test; 128 where right, plus 127 × p(true class). */
  readonly answers: { readonly reward: string; readonly test: string }
}

/** A linear head on the features of a backbone that stands still: by the reward split, and by cross-validation. */
export interface HeadRow {
  readonly kind: 'head'
  readonly data: string
  readonly network: string
  /** `frozen`, or the run that the backbone is of. */
  readonly backbone: string
  readonly l2: number
  /** [half accuracy half probability, accuracy] */
  readonly reward: readonly [number, number]
  readonly crossValidated: readonly [number, number]
  /** Of the head on test where the backbone is the frozen one, of the run elsewhere. */
  readonly test: number
}

/** A probe whose L2 was chosen on a share of the clips; 0: by cross-validation over recordings. Test scores. */
export interface ShareRow {
  readonly kind: 'share'
  readonly data: string
  readonly network: string
  readonly share: number
  /** Clips that it was chosen by. */
  readonly clips: number
  /** Fitted to the other clips. */
  readonly chosen: number
  /** The best L2's, fitted to the same. */
  readonly most: number
  /** The chosen L2's, fitted to all clips. */
  readonly refitted: number
}

export type Row = PairRow | RunRow | HeadRow | ShareRow

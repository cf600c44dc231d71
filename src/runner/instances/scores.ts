/** One point of a learning curve: an evaluation on the reward split. */
export interface CurveRow {
  readonly step: number
  readonly flops: number
  readonly score: number
  readonly rewardLoss: number
  readonly rewardAccuracy: number
}
export interface TestScore {
  /** Accuracy, or balanced accuracy where classes differ much in size: what counts. */
  readonly primary: number
  readonly accuracy: number
  readonly balancedAccuracy: number
  readonly loss: number
  /** [true class][predicted class] counts, in the order of `data.classes`. */
  readonly confusion: readonly (readonly number[])[]
  readonly clips: number
}
export interface ScheduleSummary {
  /** Means over seeds, test split; `primary` is what counts (`TestScore`). */
  readonly primary: number
  readonly accuracy: number
  readonly balancedAccuracy: number
  readonly loss: number
  /** It is solved, once, and no seed changes it: `perSeed` repeats it, `total` counts it once. */
  readonly solved?: boolean
  readonly perSeed: readonly {
    readonly seed: number
    readonly primary: number
    readonly accuracy: number
    readonly balancedAccuracy: number
    readonly loss: number
  }[]

  /** Chosen learning rate: the backbone's, the head's where that alone moves. */
  readonly learningRate?: number
  /** What the search for it tried: score on the reward split by learning rate, mean over its seeds. */
  readonly tried?: readonly {
    readonly learningRate: number
    readonly headRate: number
    readonly seeds: number
    readonly score: number
    readonly rewardLoss: number
  }[]

  /** The chosen rate for twice the budget, on the reward split: how much more it brought. */
  readonly longer?: { readonly score: number; readonly gain: number; readonly flops: number }
  /** Where that was worth it: its final runs for twice the budget, on the test split. */
  readonly ownBest?: {
    readonly primary: number
    readonly accuracy: number
    readonly balancedAccuracy: number
    readonly loss: number
    readonly flops: number
    readonly seconds: number
  }

  /** Why nothing is claimed over it: not converged, its best rate at the edge, a seed that collapsed. */
  readonly caveats: readonly Caveat[]

  /** Of its final runs, a seed each, on the reward split. */
  readonly curves: readonly (readonly CurveRow[])[]

  /** FLOPs of one final run, mean over seeds. */
  readonly flops: number
  readonly seconds: number
  /** FLOPs and seconds of everything: its own search (for the policy: that of the agents) and all seeds. */
  readonly total: { readonly flops: number; readonly seconds: number }
}
export interface Caveat {
  readonly kind: 'rising' | 'edge' | 'collapsed' | 'diverged'

  /** A sentence. */
  readonly text: string
  /** Settings that would find out. */
  readonly remedy?: string
}

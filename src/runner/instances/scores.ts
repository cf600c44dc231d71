/** One point of a learning curve: an evaluation on the reward split. */
export interface CurveRow {
  readonly step: number
  readonly flops: number
  readonly score: number
  readonly rewardLoss: number
  readonly rewardPrimary: number
}

/** What a model comes to. In JSON the parts stand beside the rest too: `test.accuracy`. */
export interface Figures {
  /** What counts, [0, 1]: the task's `metric`. */
  readonly primary: number
  readonly loss: number
  /** The task's further figures by name. */
  readonly parts: Readonly<Record<string, number>>
}

export interface TestScore extends Figures {
  /** 95 % interval of `primary` over the choice of clips. */
  readonly interval: readonly [number, number]
  /** [true class][predicted class] counts, in the order of the task's classes, where it has some. */
  readonly confusion?: readonly (readonly number[])[]
  readonly clips: number
}

/** Figures are means over seeds, on the test split. */
export interface ScheduleSummary extends Figures {
  /** It is solved, once, and no seed changes it: `perSeed` repeats it, `total` counts it once. */
  readonly solved?: boolean
  readonly perSeed: readonly (Figures & { readonly seed: number })[]
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
  readonly ownBest?: Figures & { readonly flops: number; readonly seconds: number }
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

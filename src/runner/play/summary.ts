export interface EpisodeSummary {
  readonly index: number
  readonly kind: 'learning' | 'greedy'
  /** What it was played on, where agents learn on several instances. */
  readonly instance?: string
  /** Undiscounted sum of rewards. */
  readonly return: number
  /**
   * Standard error of `return` that comes from the choice of the reward split's clips: the jackknife of the whole sum,
   * each clip left out of all rounds at once. NaN (null in JSON) for a single clip.
   */
  readonly returnNoise: number
  readonly flops: number
  readonly seconds: number
  readonly steps: number
  readonly diverged: boolean
  /** At its best moment, on the reward split; `return` is of its end. */
  readonly score: number
  readonly rewardLoss: number
  readonly rewardPrimary: number
  readonly rounds: readonly RoundSummary[]
  /** What ending the run early paid, where the root did. */
  readonly stop?: { readonly reward: number; readonly noise: number }
  /** Set when the episode failed; the other figures are then of what it reached. */
  readonly failure?: string
}

export interface RoundSummary {
  /** The round's own; what each group was paid of it is in `groups`. */
  readonly reward: number
  /** Standard error of `reward` that comes from the choice of the reward split's clips. */
  readonly noise: number
  /** Training steps done at the round's end. */
  readonly step: number
  readonly flops: number
  readonly trainLoss: number
  readonly score: number
  readonly rewardLoss: number
  readonly rewardPrimary: number
  /** The root's choice that was in force, where there is a root. */
  readonly root?: string
  /** Per group, in the order of `groups`. `learningRate` 0 means frozen. */
  readonly groups: readonly {
    readonly action: string
    readonly learningRate: number
    readonly reward: number
  }[]
}

/** What a fine-tuning run reports: `summary.json`, the `--json` output and the report's only input. */
export interface FineTuneSummary {
  readonly runDir: string
  /** SHA-256 over actions, rewards, final weights and policy state. */
  readonly hash: string
  readonly engine: string
  readonly versions: Readonly<Record<string, string>>
  readonly config: Readonly<Record<string, unknown>>
  readonly data: {
    readonly path: string
    readonly classes: readonly string[]
    readonly splits: Readonly<Record<'train' | 'probe' | 'reward' | 'test', number>>
    readonly grouped: boolean
    readonly skipped: number
  }
  readonly groups: readonly { readonly name: string; readonly parameters: number; readonly flops: number }[]
  readonly episodes: readonly EpisodeSummary[]
  /** Updates that each agent got; one with 0 has its reason in `notes`. */
  readonly updates: Readonly<Record<string, number>>
  readonly notes: readonly string[]
  /** The shipped model on the test split. */
  readonly test: TestScore
  /** Which candidate ships: chosen on the reward split. */
  readonly chosen: {
    readonly from: 'greedy' | 'episode'
    readonly episode?: number
    readonly rewardLoss: number
  }
  /** The learned policy, greedy, once per baseline seed: the like-for-like comparison. Its `total` includes the agents' search. */
  readonly policy: ScheduleSummary
  readonly baselines: Readonly<Record<string, ScheduleSummary>>
  /** FLOPs and seconds of the agents' whole search: episodes, greedy run, evaluations. */
  readonly search: { readonly flops: number; readonly seconds: number }
  readonly comparison: Readonly<Record<string, Comparison>>
  readonly verdict: Verdict
  /** Folder of the fine-tuned model, tfjs layers format. */
  readonly model: string
}

export interface TestScore {
  readonly accuracy: number
  readonly balancedAccuracy: number
  readonly loss: number
  /** [true class][predicted class] counts, in the order of `data.classes`. */
  readonly confusion: readonly (readonly number[])[]
  readonly clips: number
}

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
  /** Loss and accuracy on the reward split at the episode's end. */
  readonly rewardLoss: number
  readonly rewardAccuracy: number
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
  readonly rewardLoss: number
  readonly rewardAccuracy: number
  /** The root's choice that was in force, where there is a root. */
  readonly root?: string
  /** Per group, in the order of `groups`. `learningRate` 0 means frozen. */
  readonly groups: readonly {
    readonly action: string
    readonly learningRate: number
    readonly reward: number
  }[]
}

export interface ScheduleSummary {
  /** Means over seeds, test split. */
  readonly accuracy: number
  readonly balancedAccuracy: number
  readonly loss: number
  readonly perSeed: readonly {
    readonly seed: number
    readonly accuracy: number
    readonly balancedAccuracy: number
    readonly loss: number
  }[]
  /** Chosen learning rate (multiples of what the agent may reach), where there is one. */
  readonly learningRate?: number
  /** What the search for it tried: reward-split loss per learning rate and length (multiples of the budget's steps). */
  readonly tried?: readonly {
    readonly learningRate: number
    readonly headRate?: number
    readonly length?: number
    readonly rewardLoss: number
  }[]
  /** FLOPs of one final run, mean over seeds. */
  readonly flops: number
  readonly seconds: number
  /** FLOPs and seconds of everything: its own search (for the policy: that of the agents) and all seeds. */
  readonly total: { readonly flops: number; readonly seconds: number }
}

/** The learned policy against one baseline, paired by test clip and seed. */
export interface Comparison {
  /** Policy minus baseline. */
  readonly accuracyDifference: number
  /** 95 %, over seeds and test clips; this one by itself, not corrected for the number of baselines. */
  readonly accuracyInterval: readonly [number, number]
  readonly lossDifference: number
  readonly lossInterval: readonly [number, number]
  readonly clips: number
  readonly seeds: number
  /** Of no difference in accuracy, two-sided, by itself; `adjusted` is Holm's, over accuracy and loss of all baselines. */
  readonly p: number
  readonly adjusted: number
  readonly lossP: number
  readonly lossAdjusted: number
  /** The least difference in accuracy that so many clips and seeds, as they vary, would show in four of five cases. */
  readonly detectable: number
  /** Accuracy isn't lower by `margin` or more, a share stated beforehand; right about all baselines together. */
  readonly notWorse: boolean
  readonly margin: number
  /** By the adjusted p. */
  readonly verdict: 'better' | 'worse' | 'undecided'
}

/** Was learning worth it? `worthIt` is true only when `outcome` is 'yes'. */
export interface Verdict {
  readonly worthIt: boolean
  readonly outcome: 'yes' | 'no' | 'undecided'
  /** One sentence. */
  readonly headline: string
  /** The whole in plain prose, the headline first. */
  readonly text: string
}

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
    /** Balanced accuracy is what counts, since classes differ much in size. */
    readonly balanced: boolean
  }
  readonly groups: readonly { readonly name: string; readonly parameters: number; readonly flops: number }[]
  readonly episodes: readonly EpisodeSummary[]
  /** Updates that each agent got; one with 0 has its reason in `notes`. */
  readonly updates: Readonly<Record<string, number>>
  readonly notes: readonly string[]
  /** The shipped model on the test split. */
  readonly test: TestScore
  /** Whose model it is: the best on the reward split of all that was trained before the final runs, or of `--keep`. */
  readonly chosen: Chosen
  /** Test clips that the model gets wrong, the surest first; at most twelve. */
  readonly mistakes: readonly Mistake[]
  /** What agents started from. */
  readonly start: Start
  /** What the policy does, from its greedy runs. */
  readonly behaviour: Behaviour
  /** The learned policy, greedy, once per baseline seed: the like-for-like comparison. Its `total` includes the agents' search. */
  readonly policy: ScheduleSummary
  readonly baselines: Readonly<Record<string, ScheduleSummary>>
  /** FLOPs and seconds of the agents' whole search: episodes, greedy run, evaluations. */
  readonly search: { readonly flops: number; readonly seconds: number }
  /** FLOPs and seconds of all that the run trained: searches, learning, final runs. */
  readonly spent: { readonly flops: number; readonly seconds: number }
  readonly comparison: Readonly<Record<string, Comparison>>
  readonly verdict: Verdict
  /** Folder of the fine-tuned model, tfjs layers format. */
  readonly model: string
}

export interface Mistake {
  readonly clip: string
  readonly label: string
  readonly predicted: string
  /** Of what was predicted. */
  readonly probability: number
}

export interface Chosen {
  /** `policy` (an episode or the greedy run) or a baseline's name. */
  readonly from: string
  /** 0 the first; absent for the greedy run and for baselines. */
  readonly episode?: number
  /** On the reward split, at its best moment. */
  readonly score: number
  readonly rewardLoss: number
  /** FLOPs of the run that made it. */
  readonly flops: number
}

/** The schedule whose settings agents began with; without one, the linear probe or a head that guesses. */
export interface Start {
  readonly from: string
  /** Per group; 0 means frozen. */
  readonly rates: readonly number[]
}

export interface Behaviour {
  /** In words: "keeps the backbone frozen …". */
  readonly words: string
  /** The schedule that its greedy runs are, at whatever rate. */
  readonly schedule?: string
  /** Whether its greedy actions differ from state to state. */
  readonly readsStates: boolean
}

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
  readonly score: number
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
  /** By the adjusted p; never `better` than a baseline with caveats or than what the policy itself is. */
  readonly verdict: 'better' | 'worse' | 'undecided'
  /** The policy's greedy runs are this schedule: no difference to it is claimed. */
  readonly same?: boolean
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

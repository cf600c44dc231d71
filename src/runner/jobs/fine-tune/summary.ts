import type { Detail } from '../../../models/tasks/shown.ts'
import type { Task } from '../../../models/tasks/task.ts'
import type { ScheduleSummary, TestScore } from '../../instances/scores.ts'
import type { Start } from '../../instances/start.ts'
import type { EpisodeSummary } from '../../play/summary.ts'

/** What a fine-tuning run reports: `summary.json`, the `--json` output and the report's only input. */
export interface FineTuneSummary {
  readonly runDir: string
  /** SHA-256 over actions, rewards, final weights and policy state. */
  readonly hash: string
  readonly engine: string
  /** Who computed training steps: `compiled` or `eager`. */
  readonly executor: string
  readonly versions: Readonly<Record<string, string>>
  readonly config: Readonly<Record<string, unknown>>
  /** Of the agents' settings in `config`, those that are others than the agents have by themselves. */
  readonly tuned: Readonly<Record<'agentConfig' | 'rootConfig', Readonly<Record<string, unknown>>>>
  /** Settings that the task takes where nobody says otherwise. */
  readonly usual?: Readonly<Record<string, unknown>>
  readonly task: Pick<Task, 'id' | 'metric' | 'parts' | 'guessing' | 'selectionFrom' | 'intervalFrom'>
  readonly data: {
    readonly path: string
    /** Of a task that has some. */
    readonly classes?: readonly string[]
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
  /** Whose model it is: the best on the reward split of all that was trained before the final runs, or of `--keep`. */
  readonly chosen: Chosen
  /** Test clips that the model gets wrong, the surest first; at most twelve, none where the task can't say. */
  readonly mistakes: readonly Mistake[]
  /** Test clips that the report draws, the worst first; at most twelve, none where the task doesn't draw. */
  readonly examples: readonly Example[]
  /** What else the task shows of the test split: curves, what was taken for what. */
  readonly details: readonly Detail[]
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

export interface Example {
  readonly clip: string
  /** The task's metric on it alone. */
  readonly primary: number
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

export interface Behaviour {
  /** In words: "keeps the backbone frozen …". */
  readonly words: string
  /** The schedule that its greedy runs are, at whatever rate. */
  readonly schedule?: string
  /** Whether its greedy actions differ from state to state. */
  readonly readsStates: boolean
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

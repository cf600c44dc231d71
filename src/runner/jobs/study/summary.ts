import type { Interval } from '../../inference/statistics.ts'
import type { PolicyCost } from '../../instances/policy.ts'
import type { FailedUnit } from '../../runs/job.ts'

/** What a study has come to; in its folder's summary.json too. */
export interface StudySummary extends StudyComparison {
  /** SHA-256 over what every contender did and learned. */
  readonly hash: string
  /** Outcomes of all contenders on all instances with all seeds, failures among them. */
  readonly units: number
  /** Left out of the comparison: a contender is compared where it has an outcome on every instance with every seed. */
  readonly failed: readonly FailedUnit[]
}

/** What `layergym study` answers: without a summary while other parts are missing. */
export interface StudyResult {
  readonly dir: string
  readonly done: number
  readonly of: number
  readonly hash?: string
  readonly summary?: StudySummary
}

export interface StudyComparison {
  readonly dir: string
  readonly instances: readonly string[]
  readonly seeds: readonly number[]
  readonly reference: string
  /** What counts: the tasks' name for it, or `score` where they have several. */
  readonly metric: string
  /** Shortfall that is still "not worse", a share of what counts. */
  readonly margin: number
  readonly evidence: Evidence
  readonly contenders: readonly ContenderResult[]
  /** Of every ordered pair. */
  readonly differences: readonly PairedDifference[]
}

/** What claims rest on, and how many are made together. */
export interface Evidence {
  /**
   * What intervals are about: other instances; of a single instance, other seeds and test items of it; other seeds
   * alone, where test items weren't kept.
   */
  readonly unit: 'instances' | 'seeds and items' | 'seeds'
  /** Comparisons in the family that claims are corrected for. */
  readonly comparisons: number
  /** Why nothing is claimed, where so little supports no claim. */
  readonly tooLittle?: string
}

export interface ContenderResult {
  readonly id: string
  readonly kind: 'schedule' | 'policy' | 'search' | 'agent'
  /** What counts on the test split, mean over instances and seeds. */
  readonly primary: number
  /** 95 %. NaN (null in JSON) of a single run whose test items weren't kept. */
  readonly primaryInterval: Interval
  /** Interquartile mean over instances and seeds (Agarwal et al. 2021). */
  readonly iqm: number
  readonly loss: number
  /** Mean over seeds, by instance in order. */
  readonly byInstance: readonly number[]
  /** Of one run, as a share of the budget: the FLOPs of full fine-tuning. */
  readonly runCost: number
  /** Of everything done on the instance, in budgets. */
  readonly totalCost: number
  readonly totalFlops: number
  readonly seconds: number
  /**
   * How far below the best static schedule of each instance, in what counts, mean over instances. That schedule is the one
   * with the highest mean on the test split: known in hindsight only.
   */
  readonly regret?: number
  /** No other is at least as good for fewer FLOPs on the instance. */
  readonly onFront: boolean
  /** The same, what a policy cost to learn counted in full: `learnedCost` in place of `totalCost`. */
  readonly onLearnedFront: boolean
  /** `totalCost` and, of a policy, all that it cost to learn, spread over nothing: as if this were its only use. */
  readonly learnedCost: number
  /** Of the policy, once for all instances, on others. */
  readonly learning?: PolicyCost
  readonly updates?: Readonly<Record<string, number>>
  /** About how its settings were chosen, where that speaks against its figure. */
  readonly remarks: readonly string[]
}

export interface PairedDifference {
  readonly of: string
  readonly from: string
  /** Of what counts on the test split, paired by instance and seed. */
  readonly primary: number
  /** 95 %, this one by itself: not corrected for the number of comparisons. */
  readonly primaryInterval: Interval
  readonly loss: number
  readonly lossInterval: Interval
  /** Share of instances and seeds on which `of` is better; ties count half. */
  readonly probabilityOfImprovement: number
  /** Of no difference in it, two-sided, by itself. */
  readonly p: number
  /** By Holm over the family; absent where the pair isn't in it. */
  readonly adjusted?: number
  /** The least difference that such a study would find in four of five cases, a share; absent outside the family. */
  readonly detectable?: number
  /** It isn't lower by `margin` or more: right about the family together. Absent outside it. */
  readonly notWorse?: boolean
  /** By `adjusted`. */
  readonly verdict: 'better' | 'worse' | 'undecided'
}

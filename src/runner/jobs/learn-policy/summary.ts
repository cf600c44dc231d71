import type { PolicyCost } from '../../instances/policy.ts'
import type { EpisodeSummary } from '../../play/summary.ts'

/** What `layergym learn-policy` answers; in its folder's summary.json too. */
export interface LearnPolicySummary {
  readonly runDir: string
  readonly agent: string
  readonly control: string
  readonly instances: readonly string[]
  readonly episodes: readonly EpisodeSummary[]
  readonly updates: Readonly<Record<string, number>>
  /** Why an agent never learned, where one didn't. */
  readonly notes: readonly string[]
  readonly cost: PolicyCost
  /** What `fine-tune --policy` takes. */
  readonly policy: string
}

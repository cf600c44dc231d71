import { join } from 'node:path'
import type { Instance } from '../../instances/control.ts'
import type { PolicyCost } from '../../instances/policy.ts'
import type { EpisodeSummary } from '../../play/summary.ts'
import type { Facts } from '../../runs/job.ts'

/** What `layergym learn-policy` answers; in its folder's summary.json too. */
export interface LearnPolicySummary {
  readonly runDir: string
  /** SHA-256 over actions, rewards and what the agents learned. */
  readonly hash: string
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

export interface LearnPolicyOutcomes
  extends Pick<LearnPolicySummary, 'episodes' | 'updates' | 'notes' | 'cost'> {
  readonly instances: readonly Instance[]
}

export function summarizeLearning(
  { instances, ...learned }: LearnPolicyOutcomes,
  { runDir, hash }: Facts,
): LearnPolicySummary {
  const { agent, control } = instances[0].composition.config
  const ids = instances.map(({ id }) => id)
  return { runDir, hash, agent, control, instances: ids, ...learned, policy: join(runDir, 'policy.json') }
}

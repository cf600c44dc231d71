import type { Scores } from '../../../inference/scores.ts'
import type { Outcome } from '../outcome.ts'
import type { Reference } from '../references.ts'

/** One contender's runs of every environment, on one scale. */
export interface Contended {
  readonly agent: string
  readonly scores: Scores
  /** Of the environments' mean scores. */
  readonly mean: number
  /** [environments][runs] */
  readonly runs: readonly (readonly Outcome[])[]
  /** [environments] */
  readonly references: readonly Reference[]
}

import type { Findings } from '../../../common/findings.ts'
import type { Rng } from '../../../common/random.ts'
import type { Shaped } from './outputs.ts'

/** What the parts of a check look at. */
export interface TaskTrial extends Shaped {
  /** One a clip of the dataset. */
  readonly targets: readonly unknown[]
  readonly rng: Rng
  readonly findings: Findings
}

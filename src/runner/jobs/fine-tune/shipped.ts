import type { Clip } from '../../../data/dataset.ts'
import type { Outcomes, Task } from '../../../models/tasks/task.ts'
import { testScore } from '../../instances/test-scores.ts'
import { examplesOf } from './examples.ts'
import { mistakesOf } from './mistakes.ts'
import type { FineTuneSummary } from './summary.ts'

/** What the model that ships comes to on the test split. */
export type Shipped = Pick<FineTuneSummary, 'test' | 'mistakes' | 'examples' | 'details'>

/** As it lies in a run's folder: what an earlier version didn't write is empty. */
export function readShipped(outcome: Pick<Shipped, 'test'> & Partial<Shipped>): Shipped {
  return { mistakes: [], examples: [], details: [], ...outcome }
}

export function shippedOf(clips: readonly Clip[], task: Task, outcomes: Outcomes<unknown, unknown>): Shipped {
  return {
    test: testScore(task, outcomes),
    mistakes: mistakesOf(clips, task, outcomes),
    examples: examplesOf(clips, task, outcomes),
    details: task.details?.(outcomes) ?? [],
  }
}

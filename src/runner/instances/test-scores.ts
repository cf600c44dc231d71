import { mean } from '../../common/statistics.ts'
import { intervalOf, perItemOf } from '../../models/tasks/per-item.ts'
import { heldLoss, type Outcomes, type Task } from '../../models/tasks/task.ts'
import type { Trainee } from '../../models/trainee.ts'
import type { Composition } from './instance.ts'
import type { TestScore } from './scores.ts'
import type { TestOutcome } from './trained.ts'

/** The trainee's present weights on the test split, in a form that one clip of a diverged run can't decide. */
export function boundedTestScores(trainee: Trainee, { splits }: Composition): TestOutcome {
  const { task } = trainee
  const { losses, ...outcomes } = trainee.evaluate(splits.test)
  const held = { ...outcomes, losses: Array.from(losses, loss => heldLoss(task, loss)) }
  return {
    losses: held.losses,
    points: perItemOf(task, held).points,
    score: testScore(task, held),
  }
}

/** A score as it is reported, with the task's figures by name. */
export function testScore(task: Task, outcomes: Outcomes<unknown, unknown>): TestScore {
  const { primary, parts } = task.score(outcomes)
  const { predictions, targets } = outcomes
  return {
    ...parts,
    primary,
    parts,
    interval: intervalOf(task, outcomes),
    loss: mean(outcomes.losses),
    ...(task.classes && { confusion: task.classes.confusion(predictions, targets) }),
    clips: targets.length,
  }
}

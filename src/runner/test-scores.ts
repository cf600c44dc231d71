import { divergenceLoss } from '../envs/finetune/reward.ts'
import { accuracyOf, balancedAccuracyOf, confusionMatrix, mean } from '../models/metrics.ts'
import type { Trainee } from '../models/trainee.ts'
import type { Composition } from './compose.ts'
import type { TestScore } from './summary.ts'

/** Per test clip, in the order of the split. */
export interface ClipScores {
  /** Nats, held within [0, 3 ln C] as in rewards, so that one clip of a diverged run can't decide a mean. */
  readonly losses: readonly number[]
  readonly predictions: readonly number[]
}

/** The trainee's present weights on the test split, in a form that one clip of a diverged run can't decide. */
export function boundedTestScores(trainee: Trainee, composition: Composition): ClipScores {
  const { losses, predictions } = scoreTest(trainee, composition)
  const worst = divergenceLoss(composition.dataset.classes.length)
  return { losses: losses.map(loss => (Number.isFinite(loss) ? Math.min(loss, worst) : worst)), predictions }
}

/** The trainee's present weights on the test split; losses as they are. */
export function scoreTest(trainee: Trainee, { splits }: Composition): ClipScores {
  const { losses, predictions } = trainee.evaluate(splits.test)
  return { losses: [...losses], predictions: [...predictions] }
}

export function testScore(scores: ClipScores, composition: Composition): TestScore {
  const { splits, label, dataset, balanced } = composition
  const labels = splits.test.map(label)
  const confusion = confusionMatrix(labels, scores.predictions, dataset.classes.length)
  const accuracy = accuracyOf(confusion)
  const balancedAccuracy = balancedAccuracyOf(confusion)
  return {
    primary: balanced ? balancedAccuracy : accuracy,
    accuracy,
    balancedAccuracy,
    loss: mean(scores.losses),
    confusion,
    clips: labels.length,
  }
}

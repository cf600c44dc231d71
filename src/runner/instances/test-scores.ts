import { mean } from '../../common/statistics.ts'
import { divergenceLoss } from '../../envs/finetune/reward.ts'
import { accuracyOf, balancedAccuracyOf, confusionMatrix } from '../../models/metrics.ts'
import type { Trainee } from '../../models/trainee.ts'
import type { Composition } from './instance.ts'
import type { TestScore } from './scores.ts'
import type { ClipScores } from './trained.ts'

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

/**
 * Each test clip's part of what counts, so that their mean is it: 1 where it is right, 0 where it is wrong; where
 * balanced accuracy counts, a right one of class c has n/(C·n_c).
 */
export function pointsOf({ predictions }: ClipScores, composition: Composition): readonly number[] {
  const { splits, label, balanced } = composition
  const labels = splits.test.map(label)
  const counts = new Map<number, number>()
  for (const own of labels) counts.set(own, (counts.get(own) ?? 0) + 1)
  return labels.map((own, i) => {
    if (predictions[i] !== own) return 0
    return balanced ? labels.length / (counts.size * (counts.get(own) ?? 1)) : 1
  })
}

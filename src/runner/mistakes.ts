import type { Clip } from '../data/dataset.ts'
import type { Trainee } from '../models/trainee.ts'
import type { Composition } from './composition.ts'
import type { Mistake } from './summary.ts'

const SHOWN = 12

/** Test clips that the model gets wrong, the surest first. */
export function mistakesOf(trainee: Trainee, { splits, label, dataset }: Composition): readonly Mistake[] {
  const { classes } = dataset
  const probabilities = trainee.probabilities(splits.test)
  return splits.test
    .map((clip: Clip, i) => {
      const own = probabilities.subarray(i * classes.length, (i + 1) * classes.length)
      const predicted = own.indexOf(Math.max(...own))
      return {
        clip: clip.id,
        label: clip.label,
        predicted: classes[predicted],
        probability: own[predicted],
        right: predicted === label(clip),
      }
    })
    .filter(({ right }) => !right)
    .sort((a, b) => b.probability - a.probability)
    .slice(0, SHOWN)
    .map(({ right: _, ...mistake }) => mistake)
}

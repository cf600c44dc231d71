import { isUnbalanced } from '../../envs/finetune/score.ts'
import { classPrior } from '../../models/head.ts'
import { countLabels } from '../../models/metrics.ts'
import type { FineTuneConfig } from './config.ts'

/** Fewer train clips of a class teach little. */
const FEW = 5

/** How classes count: by which accuracy, with which prior, and with which weights in the loss. */
export interface Classes {
  readonly balanced: boolean
  /** log p that a fresh head guesses by, [C]: frequencies as training sees them. */
  readonly prior: Float32Array
  /** By class, 1 in the mean over the train clips; absent: all clips count alike in each step. */
  readonly classWeight?: readonly number[]
  /** The same for what sees all clips at once, where drawing them unequally says nothing. */
  readonly probeWeight?: readonly number[]
  /** For people, before training starts. */
  readonly notes: readonly string[]
}

/** @param labels of the train split */
export function classesOf(
  labels: readonly number[],
  names: readonly string[],
  balance: FineTuneConfig['balance'],
): Classes {
  const counts = countLabels(labels, names.length)
  const balanced = isUnbalanced(labels, names.length)
  const uniform = Float32Array.from(names, () => -Math.log(names.length))
  const present = counts.filter(count => count > 0).length
  const alike = counts.map(count => (count === 0 ? 1 : labels.length / (present * count)))
  return {
    balanced,
    prior: balance === 'none' ? classPrior(labels, names.length) : uniform,
    ...(balance === 'weights' && { classWeight: alike }),
    ...(balance !== 'none' && { probeWeight: alike }),
    notes: [...(balanced ? [unbalancedNote(counts, names, balance)] : []), ...scarceNotes(counts, names)],
  }
}

function unbalancedNote(
  counts: readonly number[],
  names: readonly string[],
  balance: FineTuneConfig['balance'],
): string {
  const named = (count: number) => `'${names[counts.indexOf(count)]}' has ${count}`
  const most = named(Math.max(...counts))
  const fewest = named(Math.min(...counts))
  const advice =
    balance === 'none' ? '; --balance weights or --balance sampling makes training count them alike' : ''
  return `Classes are unbalanced (of the train clips ${most}, ${fewest}): balanced accuracy, the mean over classes, is what counts${advice}.`
}

function scarceNotes(counts: readonly number[], names: readonly string[]): readonly string[] {
  const scarce = names.flatMap((name, i) => (counts[i] < FEW ? [`'${name}' (${counts[i]})`] : []))
  if (scarce.length === 0) return []
  return [`Fewer than ${FEW} train clips of ${scarce.join(', ')}: little can be learned of them.`]
}

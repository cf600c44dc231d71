import { countLabels } from './metrics.ts'
import type { Balance } from './task.ts'

/** Fewer train clips of a class teach little. */
const FEW = 5

/** log p of each class under their counts, [C]; a class that doesn't occur counts as half a clip. */
export function classPrior(counts: readonly number[]): Float32Array {
  const held = counts.map(count => Math.max(count, 0.5))
  const total = held.reduce((a, b) => a + b, 0)
  return Float32Array.from(held, count => Math.log(count / total))
}

/** log p by which a fresh head guesses, [C]: frequencies as training sees them. */
export function priorOf(counts: readonly number[], balance: Balance): Float32Array {
  return balance === 'none' ? classPrior(counts) : Float32Array.from(counts, () => -Math.log(counts.length))
}

/** What a clip of each class counts for so that classes count alike, [C]: 1 in the mean over the clips. */
export function weightsAlike(counts: readonly number[]): readonly number[] {
  const present = counts.filter(count => count > 0).length
  const total = counts.reduce((a, b) => a + b, 0)
  return counts.map(count => (count === 0 ? 1 : total / (present * count)))
}

/** Sentences on classes that differ much in size or have few clips to learn from. */
export function notesOnClasses(
  labels: readonly number[],
  names: readonly string[],
  { balanced, balance }: { readonly balanced: boolean; readonly balance: Balance },
): readonly string[] {
  const counts = countLabels(labels, names.length)
  return [...(balanced ? [unbalancedNote(counts, names, balance)] : []), ...scarceNotes(counts, names)]
}

function unbalancedNote(counts: readonly number[], names: readonly string[], balance: Balance): string {
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

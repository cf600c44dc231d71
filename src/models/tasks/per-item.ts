import type { Outcomes, PerItem, Score, Task } from './task.ts'

const Z = 1.959964

/** A score taken apart by items: as the task does it, or by leaving out each in turn. */
export function perItemOf<T, P>(task: Task<T, P>, outcomes: Outcomes<T, P>): PerItem {
  return task.perItem?.(outcomes) ?? leftOut(task, outcomes)
}

/** What a score chooses by. */
export function selectionOf({ selection, primary }: Score): number {
  return selection ?? primary
}

/** 95 % interval of what counts over the choice of items, within [0, 1]; of one item nothing is known. */
export function intervalOf<T, P>(task: Task<T, P>, outcomes: Outcomes<T, P>): readonly [number, number] {
  if (task.interval !== undefined) return task.interval(outcomes)
  const { points } = perItemOf(task, outcomes)
  const n = points.length
  if (n < 2) return [0, 1]
  const { primary } = task.score(outcomes)
  const centre = points.reduce((sum, value) => sum + value, 0) / n
  const squares = points.reduce((sum, value) => sum + (value - centre) ** 2, 0)
  const half = Z * Math.sqrt(squares / (n - 1) / n)
  return [Math.max(0, primary - half), Math.min(1, primary + half)]
}

/**
 * By the jackknife: an item's part is its pseudo-value, n·θ − (n − 1)·θᵢ, which for a mean is the item's own value
 * (Efron & Tibshirani 1993, section 11.4). Costs n scores of n − 1 items.
 */
function leftOut<T, P>(task: Task<T, P>, outcomes: Outcomes<T, P>): PerItem {
  const n = outcomes.targets.length
  const whole = task.score(outcomes)
  if (n < 2) {
    const without = () => whole
    return { points: [whole.primary], selection: Float64Array.of(selectionOf(whole)), without }
  }
  const scores = outcomes.targets.map((_, item) => task.score(exceptFor(outcomes, item)))
  const pseudo = (of: (score: Score) => number) => scores.map(score => n * of(whole) - (n - 1) * of(score))
  return {
    points: pseudo(({ primary }) => primary),
    selection: Float64Array.from(pseudo(selectionOf)),
    without: item => scores[item],
  }
}

function exceptFor<T, P>({ targets, predictions, losses }: Outcomes<T, P>, item: number): Outcomes<T, P> {
  const others = (_: unknown, i: number) => i !== item
  return {
    targets: targets.filter(others),
    predictions: predictions.filter(others),
    losses: Array.from(losses).filter(others),
  }
}

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

function leftOut<T, P>(task: Task<T, P>, outcomes: Outcomes<T, P>): PerItem {
  return jackknife(task.score(outcomes), outcomes.targets.length, item =>
    task.score(exceptFor(outcomes, item)),
  )
}

/**
 * By the jackknife: an item's part is its pseudo-value, n·θ − (n − 1)·θᵢ, which for a mean is the item's own value
 * (Efron & Tibshirani 1993, section 11.4), brought to the mean θ where θ is none.
 * @param without the score of all items but one; a single item can't be left out
 */
export function jackknife(whole: Score, n: number, without: (item: number) => Score): PerItem {
  const left = Array.from({ length: n }, (_, item) => (n < 2 ? whole : without(item)))
  const parts = (of: (score: Score) => number) => {
    const theta = of(whole)
    const own = left.map(of)
    const centre = own.reduce((sum, value) => sum + value, 0) / n
    return own.map(value => theta + (n - 1) * (centre - value))
  }
  return {
    points: parts(({ primary }) => primary),
    selection: Float64Array.from(parts(selectionOf)),
    without: item => left[item],
  }
}

/**
 * Figures of each item, those that take long computed once a prediction: a score is taken of many subsets. Losses come
 * with each call, since they may be held below a bound there.
 */
export function rememberedFigures<T, P extends object, F extends object>(
  figuresOf: (target: T, prediction: P) => F,
): (outcomes: Outcomes<T, P>) => readonly (F & { readonly loss: number })[] {
  const known = new WeakMap<P, F>()
  return ({ targets, predictions, losses }) =>
    predictions.map((prediction, i) => {
      const figures = known.get(prediction) ?? figuresOf(targets[i], prediction)
      known.set(prediction, figures)
      return { ...figures, loss: losses[i] }
    })
}

function exceptFor<T, P>({ targets, predictions, losses }: Outcomes<T, P>, item: number): Outcomes<T, P> {
  const others = (_: unknown, i: number) => i !== item
  return {
    targets: targets.filter(others),
    predictions: predictions.filter(others),
    losses: Array.from(losses).filter(others),
  }
}

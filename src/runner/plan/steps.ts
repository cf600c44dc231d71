/** What a run's time is made of; an evaluation is of the whole reward split. */
export const STEP_KINDS = ['full', 'head', 'statistics', 'evaluation', 'headEvaluation'] as const

/**
 * `full`: a training step of all groups; `head`: of the head alone, on what the frozen prefix gave before;
 * `statistics`: what agents read at a decision; `evaluation`: through the whole network; `headEvaluation`: with the
 * backbone unchanged.
 */
export type StepKind = (typeof STEP_KINDS)[number]

/** A figure of each kind: how many, or how long one takes. */
export type PerKind = Readonly<Record<StepKind, number>>

export const NO_STEPS: PerKind = { full: 0, head: 0, statistics: 0, evaluation: 0, headEvaluation: 0 }

/** Seconds of so many steps of each kind. */
export function secondsOf(counts: PerKind, seconds: PerKind): number {
  return STEP_KINDS.reduce((sum, kind) => sum + counts[kind] * seconds[kind], 0)
}

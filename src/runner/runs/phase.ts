/** The least and the most that something comes to. */
export interface Range {
  readonly least: number
  readonly most: number
}

/** Parts of a run, in the order in which they come. */
export type Part = 'searches' | 'episodes' | 'final runs'

/** Runs of one kind, one after the other. */
export interface Runs {
  readonly part: Part
  /** A baseline's name, or policy. */
  readonly of: string
  /** In budgets: a run of twice the budget counts two. How many there are depends on what is found on the way. */
  readonly runs: Range
  /** Nothing is trained: the time that it takes says nothing of steps. */
  readonly solved: boolean
}

/** The same with what they take. */
export interface Phase extends Runs {
  /** Of one run. */
  readonly seconds: Range
}

/** Seconds of all of it. */
export function totalOf(phases: readonly Phase[]): Range {
  const sum = (end: keyof Range) =>
    phases.reduce((all, { runs, seconds }) => all + runs[end] * seconds[end], 0)
  return { least: sum('least'), most: sum('most') }
}

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

export const ONE_EACH: PerKind = { full: 1, head: 1, statistics: 1, evaluation: 1, headEvaluation: 1 }

/** Seconds of so many steps of each kind. */
export function secondsOf(counts: PerKind, seconds: PerKind): number {
  return STEP_KINDS.reduce((sum, kind) => sum + counts[kind] * seconds[kind], 0)
}

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

/** What a run's time goes into. */
export const PARTS = ['collecting', 'learning', 'writing', 'evaluating'] as const

export type Part = (typeof PARTS)[number]

/** Seconds: acting and environments; the agent's updates; waiting for files and listeners; greedy episodes. */
export type Spent = Readonly<Record<Part, number>>

export const NOTHING_SPENT: Spent = { collecting: 0, learning: 0, writing: 0, evaluating: 0 }

export function spentOn(spent: Spent, part: Part, seconds: number): Spent {
  return { ...spent, [part]: spent[part] + seconds }
}

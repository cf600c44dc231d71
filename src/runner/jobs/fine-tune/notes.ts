import { scheduleLabel } from '../../report/words.ts'
import type { FineTuneSummary } from './summary.ts'

/** What a reader must know about final runs: what nothing can be claimed over, and a policy that learned nothing. */
export function notesOnResults({
  policy,
  baselines,
  behaviour,
}: Pick<FineTuneSummary, 'policy' | 'baselines' | 'behaviour'>): readonly string[] {
  // From scratch nothing converges within a budget for fine-tuning, and nobody has to be told.
  const told = [
    ['the learned policy', policy] as const,
    ...Object.entries(baselines).filter(([name]) => name !== 'fromScratch'),
  ]
  const caveats = told.flatMap(([name, schedule]) =>
    schedule.caveats.map(
      ({ text, remedy }) =>
        `${sentence(scheduleLabel(name))}: ${text}${remedy === undefined ? '' : ` (to find out: ${remedy})`}.`,
    ),
  )
  const decisions = policy.curves.reduce((sum, rows) => sum + rows.length, 0)
  if (behaviour.readsStates || decisions < 2) return caveats
  const unread =
    "The learned policy chose the same actions in every state of its last runs: it hasn't learned to read states."
  return [unread, ...caveats]
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}

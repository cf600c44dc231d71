import type { GroupAgent } from './collect.ts'
import type { Composition } from './composition.ts'
import { episodesPerUpdate, type LearningState } from './learn.ts'
import { scheduleLabel } from './report/format.ts'
import type { FineTuneSummary } from './summary.ts'

/** What a reader of the summary must know about how learning went; nothing when it went as planned. */
export function notesOn(
  learning: LearningState | undefined,
  agents: ReadonlyMap<string, GroupAgent>,
  composition: Composition,
): readonly string[] {
  if (learning === undefined) return ['A policy was applied as it is: no agent learned in this run.']
  return [...failures(learning), ...idleAgents(learning, agents, composition)]
}

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

function failures({ episodes }: LearningState): readonly string[] {
  const failed = episodes.flatMap(({ summary: { index, failure } }) =>
    failure === undefined ? [] : [`episode ${index + 1} (${failure})`],
  )
  if (failed.length === 0) return []
  const more = failed.length > 3 ? ` and ${failed.length - 3} more` : ''
  return [
    `${failed.length} of ${episodes.length} episodes failed twice and taught nothing: ${failed.slice(0, 3).join(', ')}${more}.`,
  ]
}

function idleAgents(
  { updates }: LearningState,
  agents: ReadonlyMap<string, GroupAgent>,
  composition: Composition,
): readonly string[] {
  const { episodes } = composition.config
  const n = episodesPerUpdate(agents, composition)
  return Object.entries(updates)
    .filter(([, count]) => count === 0)
    .map(([name]) =>
      episodes < n
        ? `Agent '${name}' got no update: one takes ${n} episodes, and the run had ${episodes}.`
        : `Agent '${name}' got no update: none of its episodes succeeded.`,
    )
}

import type { GroupAgent } from './collect.ts'
import type { Composition } from './composition.ts'
import { episodesPerUpdate, type LearningState } from './learn.ts'

/** What a reader of the summary must know about how learning went; nothing when it went as planned. */
export function notesOn(
  learning: LearningState | undefined,
  agents: ReadonlyMap<string, GroupAgent>,
  composition: Composition,
): readonly string[] {
  if (learning === undefined) return ['A policy was applied as it is: no agent learned in this run.']
  return [...failures(learning), ...idleAgents(learning, agents, composition)]
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

import type { LearningState } from './learn.ts'

/**
 * What a reader must know about how learning went; nothing when it went as planned.
 * @param episodes that were wanted
 * @param perUpdate episodes that one update takes
 */
export function notesOnLearning(
  learning: LearningState,
  episodes: number,
  perUpdate: number,
): readonly string[] {
  return [...failures(learning), ...idleAgents(learning, episodes, perUpdate)]
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

function idleAgents({ updates }: LearningState, episodes: number, n: number): readonly string[] {
  return Object.entries(updates)
    .filter(([, count]) => count === 0)
    .map(([name]) =>
      episodes < n
        ? `Agent '${name}' got no update: one takes ${n} episodes, and the run had ${episodes}.`
        : `Agent '${name}' got no update: none of its episodes succeeded.`,
    )
}

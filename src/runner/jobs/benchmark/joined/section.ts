import { type Html, html, table } from '../../../report/html.ts'
import { integer } from '../../../report/words.ts'
import type { Joined } from './join.ts'

/** Where runs come from, and what can't be known of them; nothing of a benchmark's own. */
export function joinedSection(joined: Joined | undefined): readonly Html[] {
  if (joined === undefined) return []
  const { contenders, notes } = joined
  const content = table({
    caption: 'Steps are those that the logs go to.',
    head: ['', 'environment', 'from', 'seeds', 'steps'],
    words: [1, 2],
    rows: contenders.map(({ agent, env, tool, seeds, steps: [least, most] }) => [
      agent,
      env,
      tool,
      seeds.join(', '),
      least === most ? integer(least) : `${integer(least)} to ${integer(most)}`,
    ]),
  })
  const items = notes.map(note => html`<li>${note}</li>`)
  return [html`<section><h2>Where the runs come from</h2>${content}<ul>${items}</ul></section>`]
}

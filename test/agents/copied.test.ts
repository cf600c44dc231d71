import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Names that a module exports, types too, as its source lists them. */
function exportedBy(file: string): ReadonlySet<string> {
  const lists = readFileSync(file, 'utf8').matchAll(/^export (?:type )?\{([^}]*)\}/gm)
  return new Set([...lists].flatMap(([, list]) => namesOf(list)))
}

function namesOf(list: string): string[] {
  return list
    .split(',')
    .map(
      name =>
        name
          .trim()
          .replace(/^type /, '')
          .split(' as ')
          .at(-1) ?? '',
    )
    .filter(name => name !== '')
}

const AGENTS = ['dqn', 'ppo', 'recurrent-ppo', 'reinforce', 'sac']

test.each(AGENTS)('%s can be copied into a package: what it imports is exported', agent => {
  const exported = new Set([...exportedBy('src/agents.ts'), ...exportedBy('src/index.ts')])
  const folder = `src/agents/${agent}`
  const missing = readdirSync(folder).flatMap(file => {
    const source = readFileSync(`${folder}/${file}`, 'utf8')
    const imports = source.matchAll(/import (?:type )?\{([^}]*)\} from '(\.\.\/[^']*)'/g)
    return (
      [...imports]
        // Recurrent PPO goes with PPO's folder.
        .filter(([, , from]) => !from.startsWith('../ppo/'))
        .flatMap(([, list]) => namesOf(list).filter(name => !exported.has(name)))
    )
  })
  expect(missing).toEqual([])
})

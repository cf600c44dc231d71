import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from './e2e.ts'

/**
 * Writes a plugin of one agent, `unlucky`: it acts on the first action allowed, and throws while it acts for the
 * head in those episodes' attempts that `fails` lists (1 is the first attempt that the process makes).
 */
export function writeUnluckyPlugin(folder: string, fails: readonly number[]): string {
  const path = join(folder, `unlucky-${fails.join('-')}.mjs`)
  const zod = pathToFileURL(join(ROOT, 'node_modules', 'zod', 'index.js')).href
  writeFileSync(
    path,
    `import { z } from '${zod}'
const fails = ${JSON.stringify(fails)}
const attempts = new Map()
function agent() {
  let updates = 0
  return {
    appetite: { unit: 'episode', count: 2 },
    act(observations, { masks, explore, rng }) {
      if (explore && !attempts.has(rng)) {
        attempts.set(rng, attempts.size + 1)
        if (fails.includes(attempts.get(rng))) throw new Error('out of luck')
      }
      return observations.map((_, i) => ({ action: masks[i] ? masks[i].indexOf(1) : 0 }))
    },
    learn: () => ({ updates: ++updates }),
    state: () => ({ updates }),
    restore: state => { updates = state.updates },
  }
}
export const plugin = {
  agents: { unlucky: { description: 'fails when told to', config: z.strictObject({}), factory: agent } },
}
`,
  )
  return path
}

/** Writes a plugin of one agent, `broken`: whatever it is asked, it throws. */
export function writeBrokenPlugin(folder: string): string {
  const path = join(folder, 'broken.mjs')
  const zod = pathToFileURL(join(ROOT, 'node_modules', 'zod', 'index.js')).href
  writeFileSync(
    path,
    `import { z } from '${zod}'
const agent = () => ({
  appetite: { unit: 'episode', count: 1 },
  act() { throw new Error('out of order') },
  learn: () => ({}),
  state: () => ({}),
  restore: () => undefined,
})
export const plugin = {
  agents: { broken: { description: 'never works', config: z.strictObject({}), factory: agent } },
}
`,
  )
  return path
}

import type { Command } from 'commander'
import { unknownName } from '../common/suggest.ts'
import { type Io, printResult } from './command.ts'
import { withPlugins } from './env-options.ts'

/** Of the column of names. */
const WIDTH = 24

/** `layergym list`: what can be named in a command, plugins included. */
export function listCommand(program: Command, io: Io): void {
  program
    .command('list [kind]')
    .description(
      'agents, envs, actions, states, rewards, rootActions, tasks, heads, optimizers, schedules, searches, wrappers, features, engines, scalings: what can be named',
    )
    .option('--plugin <names...>', 'plugins to load first')
    .option('--json', 'print the result as JSON, alone, on stdout')
    .action(async (kind: string | undefined, options: { json?: boolean; plugin?: string[] }) => {
      const all = await everything(options.plugin ?? [])
      if (kind !== undefined && !(kind in all)) throw unknownName('kind', kind, Object.keys(all))
      const chosen = kind === undefined ? all : { [kind]: all[kind] }
      printResult(io, options, chosen, kinds =>
        Object.entries(kinds)
          .map(([name, entries]) => `${name}\n${entries.flatMap(entryLines).join('\n')}`)
          .join('\n\n'),
      )
    })
}

interface Entry {
  readonly id: string
  readonly description: string
  /** Of a task: what data it learns from. */
  readonly needs?: string
}

function entryLines({ id, description, needs }: Entry): readonly string[] {
  const own = `  ${id.padEnd(WIDTH)} ${description}`
  return needs === undefined ? [own] : [own, `  ${''.padEnd(WIDTH)} needs ${needs}`]
}

async function everything(plugins: readonly string[]): Promise<Readonly<Record<string, readonly Entry[]>>> {
  const [{ WRAPPERS }, { ENGINE_WORDS }, { SCALINGS }, { pluginKinds }] = await Promise.all([
    import('../envs/wrappers/named.ts'),
    import('../models/engine-names.ts'),
    import('../models/scaling.ts'),
    import('../runner/plugins/plugin.ts'),
  ])
  const container = await withPlugins(plugins)
  const entries = (all: readonly (readonly [string, Omit<Entry, 'id'>])[]) =>
    all.map(([id, { description, needs }]) => ({ id, description, ...(needs !== undefined && { needs }) }))
  const kinds = pluginKinds.map(kind => [kind, entries(container.all(kind))])
  const { group, global } = container.get('states', 'default')
  return {
    ...Object.fromEntries(kinds),
    wrappers: Object.entries(WRAPPERS).map(([id, { description }]) => ({ id, description })),
    features: [...group, ...global].map(({ id, description }) => ({ id, description })),
    engines: Object.entries(ENGINE_WORDS).map(([id, description]) => ({ id, description })),
    scalings: SCALINGS.map(({ id, description }) => ({ id, description })),
  }
}

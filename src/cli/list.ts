import type { Command } from 'commander'
import { unknownName } from '../common/suggest.ts'
import { type Io, printResult } from './command.ts'
import { withPlugins } from './env-options.ts'

/** `layergym list`: what can be named in a command, plugins included. */
export function listCommand(program: Command, io: Io): void {
  program
    .command('list [kind]')
    .description(
      'agents, envs, actions, rewards, tasks, schedules, searches, features, engines, optimizers, scalings: what can be named',
    )
    .option('--plugin <names...>', 'plugins to load first')
    .option('--json', 'print the result as JSON, alone, on stdout')
    .action(async (kind: string | undefined, options: { json?: boolean; plugin?: string[] }) => {
      const all = await everything(options.plugin ?? [])
      if (kind !== undefined && !(kind in all)) throw unknownName('kind', kind, Object.keys(all))
      const chosen = kind === undefined ? all : { [kind]: all[kind] }
      printResult(io, options, chosen, kinds =>
        Object.entries(kinds)
          .map(
            ([name, entries]) =>
              `${name}\n${entries.map(e => `  ${e.id.padEnd(24)} ${e.description}`).join('\n')}`,
          )
          .join('\n\n'),
      )
    })
}

interface Entry {
  readonly id: string
  readonly description: string
}

async function everything(plugins: readonly string[]): Promise<Readonly<Record<string, readonly Entry[]>>> {
  const [
    { BASELINES },
    { populationSearches },
    { defaultStateSpace },
    { ENGINES },
    { SCALINGS },
    { optimizerKinds },
  ] = await Promise.all([
    import('../agents/schedules/baselines.ts'),
    import('../agents/search/population-searches.ts'),
    import('../envs/finetune/features.ts'),
    import('../models/engine-names.ts'),
    import('../models/scaling.ts'),
    import('../models/optimizer.ts'),
  ])
  const container = await withPlugins(plugins)
  const entries = (registry: readonly (readonly [string, { readonly description: string }])[]) =>
    registry.map(([id, { description }]) => ({ id, description }))
  const names = (ids: readonly string[]) => ids.map(id => ({ id, description: '' }))
  return {
    agents: entries(container.agents()),
    envs: entries(container.envs()),
    actions: entries(container.actionSets()),
    rewards: entries(container.rewards()),
    tasks: entries(container.tasks()),
    schedules: entries(Object.entries(BASELINES)),
    searches: entries(Object.entries(populationSearches)),
    features: [...defaultStateSpace.group, ...defaultStateSpace.global].map(({ id, description }) => ({
      id,
      description,
    })),
    engines: names(ENGINES),
    optimizers: names(optimizerKinds),
    scalings: names(SCALINGS.map(scaling => scaling.id)),
  }
}

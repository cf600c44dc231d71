import type { FineTuning } from '../../../envs/finetune/world.ts'
import { compose } from '../../instances/compose.ts'
import { instanceFingerprints } from '../../instances/fingerprints.ts'
import type { Composition } from '../../instances/instance.ts'
import { pluginFingerprints } from '../../plugins/fingerprint.ts'
import { plural } from '../../report/words.ts'
import { begin } from '../../runs/drive.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import {
  concluded,
  type Handing,
  type JobKind,
  type Plan,
  type Preparing,
  type Running,
} from '../../runs/job.ts'
import { originOf } from '../../runs/origin.ts'
import { performAll } from '../../runs/perform-all.ts'
import { withCrew } from '../../workers/crew.ts'
import {
  refuseMistakes,
  runsConfig,
  sizeOf,
  type TabulateConfig,
  tabulateSchema,
  type WholeTabulateConfig,
} from './config.ts'
import { TabulateHands } from './hands.ts'
import { renderTabulateReport } from './report.ts'
import { summarizeTree, type TabulateOutcomes, type TabulateSummary, tableOf } from './summary.ts'
import { treeTable } from './table.ts'
import { joined, type Part } from './tree.ts'
import { tabulateWords } from './words.ts'

/** Every course that a short run of fine-tuning can take, played once: the tree of choices, kept as a table. */
export const tabulateJob: JobKind<TabulateConfig, TabulateOutcomes, TabulateSummary> = {
  id: 'tabulate',
  schema: tabulateSchema,
  prepare,
  hands: async (config, context) =>
    new TabulateHands(config as WholeTabulateConfig, await composed(config, context), context.clock),
  summarize: summarizeTree,
  report: renderTabulateReport,
  words: tabulateWords,
}

/** A new table: refuses a folder that exists. */
export async function tabulate(
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
): Promise<TabulateSummary> {
  return concluded(await begin(tabulateJob, values, withCrew(hooks)))
}

async function prepare(
  given: TabulateConfig,
  context: Preparing,
): Promise<Plan<TabulateConfig, TabulateOutcomes>> {
  const composition = await composed(given, context)
  try {
    const [world] = composition.worlds
    const config: WholeTabulateConfig = {
      ...given,
      ...resolvedOf(composition),
      choices: given.choices ?? usualChoices(world),
    }
    refuseMistakes(config, world.names)
    const { dataset, engine } = composition
    const fingerprints = {
      ...(await instanceFingerprints(dataset, config.model)),
      ...(await pluginFingerprints(config.plugin)),
    }
    return {
      config,
      origin: originOf(engine, fingerprints),
      work: run => tabulated(config, composition, run),
      close: () => composition.dispose(),
    }
  } catch (error) {
    composition.dispose()
    throw error
  }
}

async function tabulated(
  config: WholeTabulateConfig,
  composition: Composition,
  run: Running,
): Promise<TabulateOutcomes> {
  const count = Object.keys(config.choices).length
  const { rounds, runs } = sizeOf(count, config.depth)
  const message = `${plural(count, 'choice')} in each of ${plural(config.depth, 'round')}: ${plural(runs, 'run')} in a tree of ${plural(rounds, 'round')}`
  run.emit({ type: 'notice', message })
  const keys = partsOf(count, config.depth)
  run.emit({ type: 'phase', phase: 'parts of the tree', total: keys.length })
  const hands = new TabulateHands(config, composition, run.clock)
  const done = await performAll(
    run,
    keys.map(key => hands.unit(key)),
    false,
  )
  const outcomes = {
    config,
    metric: composition.task.metric,
    tree: joined(done.map(({ outcome }) => outcome as Part)),
  }
  await run.write('table.json', JSON.stringify(tableOf(outcomes)))
  await run.write('table.csv', treeTable(outcomes))
  return outcomes
}

/** Parts begin with one choice or, where that leaves some below them, with two: many enough to be shared. */
function partsOf(choices: number, depth: number): readonly string[] {
  const all = Array.from({ length: choices }, (_, choice) => choice)
  if (depth < 3) return all.map(first => `tree/${first}`)
  return all.flatMap(first => all.map(second => `tree/${first}/${second}`))
}

function composed(config: TabulateConfig, context: Handing | Preparing): Promise<Composition> {
  const { clock, signal, emit } = context
  return compose(runsConfig(config), {}, { clock, signal, onEvent: event => emit(event) })
}

/** What was found out, or the task had a say in. */
function resolvedOf({ config }: Composition): Partial<TabulateConfig> {
  const own = Object.keys(tabulateSchema.shape).filter(key => key !== 'out' && Object.hasOwn(config, key))
  const others = ['workers', 'queue', 'verify', 'log', 'overwrite']
  return Object.fromEntries(
    own.filter(key => !others.includes(key)).map(key => [key, Reflect.get(config, key)]),
  )
}

/** Each group alone at its usual rate, and all of them at theirs. */
function usualChoices({ names, groups, options }: FineTuning<unknown>): WholeTabulateConfig['choices'] {
  const { limits } = options
  const rates = names.map((_, group) => limits.reset(groups - 1 - group))
  const alone = names.map((name, moving) => [
    `${name.replace(/[^\w.-]/g, '-').slice(0, 60)} alone`,
    rates.map((rate, group) => (group === moving ? rate : 0)),
  ])
  return Object.fromEntries([...alone, ['all', rates]])
}

import { inputError } from '../../../common/error.ts'
import { parseConfig } from '../../../common/settings.ts'
import type { Plugin } from '../../plugins/plugin.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import { atFolder, RunFolder } from '../../runs/run-folder.ts'
import { composeTraining } from './compose.ts'
import { trainSchema, withAbsolutePaths } from './config.ts'
import type { TrainSummary } from './summary.ts'
import { Training, type TrainingState } from './training.ts'

/** A new run: an agent learns in an environment, is evaluated, reported. Refuses a folder that exists. */
export async function train(
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
  plugins: readonly Plugin[] = [],
): Promise<TrainSummary> {
  const config = withAbsolutePaths(parseConfig(trainSchema, values))
  const { out, overwrite } = config
  if (out === undefined) throw inputError('config.missing', "'out' is missing: give --out")
  await RunFolder.refuseExisting(out, overwrite)
  const composition = await composeTraining(config, plugins)
  // All that can be refused is refused by now: a mistake leaves no folder behind.
  const folder = await RunFolder.create(out, composition.config, overwrite)
  return atFolder(folder, () => new Training(composition, folder, hooks).finish(undefined))
}

/** Goes on with a run that was interrupted, or tells again what a finished one came to. */
export async function resumeTraining(
  dir: string,
  hooks: RunHooks,
  plugins: readonly Plugin[] = [],
): Promise<TrainSummary> {
  const { folder, config: values } = await RunFolder.open(dir)
  const done = await folder.read('summary.json')
  if (done !== undefined) return JSON.parse(done) as TrainSummary
  const config = { ...parseConfig(trainSchema, values as Record<string, unknown>), out: folder.dir }
  const composition = await composeTraining(config, plugins)
  return atFolder(folder, async () => {
    const state = (await folder.restore()) as TrainingState | undefined
    return new Training(composition, folder, hooks).finish(state)
  })
}

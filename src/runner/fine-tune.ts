import { inputError } from '../common/error.ts'
import { compose, type Parts } from './compose.ts'
import { fineTuneSchema, parseConfig } from './config.ts'
import { type FineTuneResult, Run, type RunHooks, type RunState, stepCounter } from './run.ts'
import { RunFolder } from './run-folder.ts'
import type { FineTuneSummary } from './summary.ts'

/** A new run: refuses a folder that exists, fine-tunes, compares, reports. */
export async function fineTune(
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
  parts: Parts = {},
): Promise<FineTuneResult> {
  const config = parseConfig(fineTuneSchema, values)
  if (config.out === undefined) throw inputError('config.missing', "'out' is missing: give --out")
  // Composing first: a mistake in the data or the model leaves no folder behind.
  const steps = stepCounter(hooks.onEvent)
  const composition = await compose(config, parts, { ...hooks, onStep: steps.count })
  try {
    const resolved = { ...config, threads: composition.engine.threads, engine: composition.engine.name }
    const folder = await RunFolder.create(config.out, resolved, config.overwrite)
    return await new Run(composition, folder, hooks, steps).finish(undefined)
  } finally {
    composition.close()
  }
}

/** Goes on with a run that was interrupted, or tells again what a finished one came to. */
export async function resumeRun(
  dir: string,
  hooks: RunHooks,
  parts: Parts = {},
): Promise<FineTuneResult | FineTuneSummary> {
  const { folder, config: values } = await RunFolder.open(dir)
  const done = await folder.read('summary.json')
  if (done !== undefined) return JSON.parse(done) as FineTuneSummary
  const config = parseConfig(fineTuneSchema, values as Record<string, unknown>)
  const steps = stepCounter(hooks.onEvent)
  const composition = await compose(config, parts, { ...hooks, onStep: steps.count })
  try {
    const state = (await folder.restore()) as RunState | undefined
    return await new Run(composition, folder, hooks, steps).finish(state)
  } finally {
    composition.close()
  }
}

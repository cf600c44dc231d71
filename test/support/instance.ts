import { parseConfig } from '../../src/common/settings.ts'
import { compose } from '../../src/runner/instances/compose.ts'
import { fineTuneSchema, withAbsolutePaths } from '../../src/runner/instances/config.ts'
import type { Composition } from '../../src/runner/instances/instance.ts'

/** Everything of a run of a few steps, from its settings; `dispose` it. */
export function smallInstance(settings: Readonly<Record<string, unknown>>): Promise<Composition> {
  const small = { batchSize: 4, budgetSteps: 4, roundSteps: 2, threads: 1, baselines: 'none' }
  const config = withAbsolutePaths(parseConfig(fineTuneSchema, { ...small, ...settings }))
  const { signal } = new AbortController()
  return compose(config, {}, { clock: () => performance.now(), signal, onEvent: () => undefined })
}

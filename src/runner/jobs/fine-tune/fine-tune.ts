import { join } from 'node:path'
import { inputError } from '../../../common/error.ts'
import { parseConfig } from '../../../common/settings.ts'
import { compose } from '../../instances/compose.ts'
import { type FineTuneConfig, fineTuneSchema, IN_CODE, withAbsolutePaths } from '../../instances/config.ts'
import type { Composition, Parts } from '../../instances/instance.ts'
import { applyPolicy, loadPolicy, type PolicyFile, withPolicy } from '../../instances/policy.ts'
import { encode } from '../../runs/codec.ts'
import type { RunEvent } from '../../runs/events.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import { atFolder, RunFolder } from '../../runs/run-folder.ts'
import { planned, plannedRest } from './plan/planned.ts'
import { type FineTuneResult, Run, type RunState, stepCounter } from './run.ts'
import type { FineTuneSummary } from './summary.ts'

/** A new run: refuses a folder that exists, fine-tunes, compares, reports. */
export async function fineTune(
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
  parts: Parts = {},
): Promise<FineTuneResult> {
  const given = parseConfig(fineTuneSchema, values)
  const learned = given.policy === undefined ? undefined : await loadPolicy(given.policy)
  const config = withAbsolutePaths(
    learned === undefined ? given : parseConfig(fineTuneSchema, withPolicy(values, learned, given)),
  )
  const { out, overwrite } = config
  if (out === undefined) throw inputError('config.missing', "'out' is missing: give --out")
  await RunFolder.refuseExisting(out, overwrite)
  return composed(config, parts, hooks, async (asked, steps) => {
    const { composition, events } = await planned(asked, hooks)
    // All that can be refused is refused by now: a mistake leaves no folder behind.
    const agents = startingAgents(composition, learned)
    const folder = await RunFolder.create(out, composition.config, overwrite)
    return atFolder(folder, async () => {
      for (const event of events) tell(event, folder, hooks)
      if (learned !== undefined) await folder.write(POLICY, encode(learned))
      return new Run(composition, agents, folder, hooks, steps).finish(undefined)
    })
  })
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
  const config = { ...parseConfig(fineTuneSchema, values as Record<string, unknown>), out: folder.dir }
  if (config.model === IN_CODE && parts.model === undefined) {
    throw inputError(
      'resume.in-code',
      `the run in ${folder.dir} was given its model in code: resume it there too, with resumeRun`,
    )
  }
  // The run's own copy, where it has one: the file that it was given may have changed.
  const copied = (await folder.read(POLICY)) !== undefined
  const policy = copied ? join(folder.dir, POLICY) : config.policy
  const learned = config.policy === undefined || policy === undefined ? undefined : await loadPolicy(policy)
  return composed(config, parts, hooks, async (composition, steps) => {
    const agents = startingAgents(composition, learned)
    return atFolder(folder, async () => {
      const state = (await folder.restore()) as RunState | undefined
      tell(await plannedRest(composition, state && doneOf(state), hooks), folder, hooks)
      return new Run(composition, agents, folder, hooks, steps).finish(state)
    })
  })
}

const POLICY = 'policy.json'

async function composed<T>(
  config: FineTuneConfig,
  parts: Parts,
  hooks: RunHooks,
  work: (composition: Composition, steps: ReturnType<typeof stepCounter>) => Promise<T>,
): Promise<T> {
  const steps = stepCounter(hooks.onEvent)
  const composition = await compose(config, parts, { ...hooks, onStep: steps.count })
  try {
    return await work(composition, steps)
  } finally {
    composition.close()
  }
}

function doneOf({ runs, learning, greedy }: RunState) {
  const episodes = (learning?.episodes.length ?? 0) + (greedy === undefined ? 0 : 1)
  return { runs: Object.keys(runs), episodes }
}

function tell(event: RunEvent, folder: RunFolder, { onEvent }: RunHooks): void {
  onEvent(event)
  void folder.record(event)
}

/** Fresh agents, or with what they learned before. */
function startingAgents(composition: Composition, learned: PolicyFile | undefined) {
  const agents = composition.createAgents()
  if (learned !== undefined) applyPolicy(learned, agents, composition)
  return agents
}

import { join } from 'node:path'
import { total } from '../../../common/cost.ts'
import { inputError } from '../../../common/error.ts'
import { parseConfig } from '../../../common/settings.ts'
import { compose } from '../../instances/compose.ts'
import { CONTROL_KEYS, IN_CODE } from '../../instances/config.ts'
import { type Instance, learningIn } from '../../instances/control.ts'
import type { Composition } from '../../instances/instance.ts'
import { instanceConfig, withAbsoluteInstances } from '../../instances/many-config.ts'
import { savePolicy } from '../../instances/policy.ts'
import { fromItsBeginning } from '../../instances/start.ts'
import { initialLearningState, type LearningState, learn } from '../../play/learn.ts'
import { notesOnLearning } from '../../play/notes.ts'
import type { GroupAgent } from '../../play/roles.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import { atFolder, RunFolder } from '../../runs/run-folder.ts'
import { type LearnPolicyConfig, learnPolicySchema } from './config.ts'
import { renderLearnPolicyReport } from './report.ts'
import type { LearnPolicySummary } from './summary.ts'

/** Learns one policy over episodes on many instances: datasets, models, seeds. Instances that are held out aren't read. */
export async function learnPolicy(
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
): Promise<LearnPolicySummary> {
  const config = withAbsoluteInstances(parseConfig(learnPolicySchema, values))
  const { out, overwrite } = config
  if (out === undefined) throw inputError('config.missing', "'out' is missing: give --out")
  await RunFolder.refuseExisting(out, overwrite)
  refuseOverlap(config)
  return onInstances(config, hooks, async instances => {
    const agents = instances[0].composition.createAgents()
    const folder = await RunFolder.create(out, config, overwrite)
    return finish(folder, config, instances, agents, undefined, hooks)
  })
}

export async function resumeLearnPolicy(dir: string, hooks: RunHooks): Promise<LearnPolicySummary> {
  const { folder, config: values } = await RunFolder.open(dir)
  const done = await folder.read('summary.json')
  if (done !== undefined) return JSON.parse(done) as LearnPolicySummary
  const config = parseConfig(learnPolicySchema, values as Record<string, unknown>)
  return onInstances(config, hooks, async instances => {
    const agents = instances[0].composition.createAgents()
    const state = (await folder.restore()) as LearningState | undefined
    return finish(folder, config, instances, agents, state, hooks)
  })
}

async function finish(
  folder: RunFolder,
  config: LearnPolicyConfig,
  instances: readonly Instance[],
  agents: ReadonlyMap<string, GroupAgent>,
  saved: LearningState | undefined,
  hooks: RunHooks,
): Promise<LearnPolicySummary> {
  const [{ composition }] = instances
  const { agent, control, episodes: wanted } = composition.config
  return atFolder(folder, async () => {
    hooks.onEvent({ type: 'phase', phase: 'episodes', total: wanted })
    const learning = learningIn(composition, agents, instances)
    const state = await learn({
      ...learning,
      state: saved ?? initialLearningState(agents),
      signal: hooks.signal,
      clock: hooks.clock,
      onEvent(event) {
        hooks.onEvent(event)
        void folder.record(event)
      },
      async onState(reached) {
        const { length } = reached.episodes
        if (length < wanted && length % config.checkpointEvery !== 0) return
        await folder.checkpoint(reached)
      },
    })
    const episodes = state.episodes.map(record => record.summary)
    const cost = { episodes: episodes.length, flops: total(episodes).flops }
    const policy = join(folder.dir, 'policy.json')
    await savePolicy(policy, agents, composition, cost)
    const notes = notesOnLearning(state, wanted, learning.perUpdate)
    for (const message of notes) hooks.onEvent({ type: 'notice', message })
    const summary: LearnPolicySummary = {
      runDir: folder.dir,
      agent,
      control,
      instances: instances.map(({ id }) => id),
      episodes,
      updates: state.updates,
      notes,
      cost,
      policy,
    }
    await folder.write('report.html', renderLearnPolicyReport(summary))
    await folder.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`)
    return summary
  })
}

/** Of all instances' activations together. */
const CACHE_BYTES = 4 * 2 ** 30

/** All instances at once: episodes go from one to the next. */
async function onInstances<T>(
  config: LearnPolicyConfig,
  hooks: RunHooks,
  work: (instances: readonly Instance[]) => Promise<T>,
): Promise<T> {
  const ids = Object.keys(config.train)
  if (ids.length === 0)
    throw inputError('study.instances', "'train' is empty: name instances, as in one: {data: clips}")
  // Shared control goes with any number of groups; the file and the flags may say otherwise.
  const given = Object.entries(config).filter(
    ([key, value]) => value !== undefined && (key === 'plugin' || CONTROL_KEYS.some(known => known === key)),
  )
  const own = (id: string) =>
    instanceConfig({ settings: { control: 'shared', ...config.settings } }, id, config.train[id], {
      ...Object.fromEntries(given),
      seed: config.seed,
      workers: 1,
      out: IN_CODE,
    })
  const configs = ids.map(id => ({ id, config: own(id) }))
  const instances: { id: string; composition: Composition }[] = []
  try {
    for (const [i, { id, config: wanted }] of configs.entries()) {
      hooks.onEvent({ type: 'notice', message: `instance ${i + 1} of ${ids.length}: ${id}` })
      const cacheBytes = CACHE_BYTES / ids.length
      const quiet = { ...hooks, cacheBytes, onEvent: () => undefined, onStep: () => undefined }
      const composition = await compose(wanted, {}, quiet)
      instances.push({ id, composition: await fromItsBeginning(composition, hooks.clock) })
    }
    return await work(instances)
  } finally {
    for (const { composition } of instances) composition.dispose()
  }
}

/** What a policy is tried on later must be new to it. */
function refuseOverlap({ settings, train, heldOut }: LearnPolicyConfig): void {
  const contents = new Map(Object.entries(train).map(([id, own]) => [canonical({ ...settings, ...own }), id]))
  for (const [id, own] of Object.entries(heldOut)) {
    const same = contents.get(canonical({ ...settings, ...own }))
    if (same === undefined) continue
    throw inputError(
      'study.overlap',
      `instance '${id}' is held out, and '${same}', which is trained on, is the same: leave out one of them`,
    )
  }
}

function canonical(settings: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)))
}

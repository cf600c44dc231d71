import { join } from 'node:path'
import type { AgentState } from '../../../agents/agent.ts'
import { total } from '../../../common/cost.ts'
import { inputError } from '../../../common/error.ts'
import { compose } from '../../instances/compose.ts'
import { CONTROL_KEYS, IN_CODE } from '../../instances/config.ts'
import { type Instance, learningIn } from '../../instances/control.ts'
import { instanceFingerprints } from '../../instances/fingerprints.ts'
import type { Composition } from '../../instances/instance.ts'
import { episodeUnit, type Learned, learningUnit } from '../../instances/learning-unit.ts'
import { instanceConfig, withAbsoluteInstances } from '../../instances/many-config.ts'
import { savePolicy } from '../../instances/policy.ts'
import { fromItsBeginning } from '../../instances/start.ts'
import { wholeAgents } from '../../instances/whole-agents.ts'
import type { LearningState } from '../../play/learn.ts'
import { notesOnLearning } from '../../play/notes.ts'
import type { GroupAgent } from '../../play/roles.ts'
import { pluginFingerprints } from '../../plugins/fingerprint.ts'
import { begin } from '../../runs/drive.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import {
  concluded,
  type Handing,
  type Hands,
  type JobKind,
  type Plan,
  type Preparing,
  type Running,
} from '../../runs/job.ts'
import { originOf } from '../../runs/origin.ts'
import { withCrew } from '../../workers/crew.ts'
import { type LearnPolicyConfig, learnPolicySchema } from './config.ts'
import { renderLearnPolicyReport } from './report.ts'
import { type LearnPolicyOutcomes, type LearnPolicySummary, summarizeLearning } from './summary.ts'
import { learnPolicyWords } from './words.ts'

/** One policy over episodes on many instances: datasets, models, seeds. Instances that are held out aren't read. */
export const learnPolicyJob: JobKind<LearnPolicyConfig, LearnPolicyOutcomes, LearnPolicySummary> = {
  id: 'learn-policy',
  schema: learnPolicySchema,
  prepare,
  hands,
  summarize: summarizeLearning,
  report: renderLearnPolicyReport,
  words: learnPolicyWords,
}

/** A new policy: refuses a folder that exists. */
export async function learnPolicy(
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
): Promise<LearnPolicySummary> {
  return concluded(await begin(learnPolicyJob, values, withCrew(hooks)))
}

async function prepare(
  given: LearnPolicyConfig,
  context: Preparing,
): Promise<Plan<LearnPolicyConfig, LearnPolicyOutcomes>> {
  const asked = withAbsoluteInstances(given)
  refuseOverlap(asked)
  const found = await composeAll(asked, context)
  const close = () => {
    for (const { composition } of found) composition.dispose()
  }
  try {
    const [first, ...others] = found
    const agents = first.composition.createAgents()
    const whole = wholeAgents(first.composition.config, agents)
    const instances = [{ ...first, composition: first.composition.derive(whole) }, ...others]
    const [{ composition }] = instances
    const { engine } = composition
    const fingerprints = { ...(await pluginFingerprints(composition.config.plugin)) }
    for (const { id, composition: own } of instances)
      Object.assign(fingerprints, await instanceFingerprints(own.dataset, own.config.model, id))
    const { name, threads } = engine
    const config = {
      ...asked,
      ...whole,
      settings: { ...asked.settings, engine: name, threads },
    }
    return {
      config,
      origin: originOf(engine, fingerprints),
      work: run => learned(instances, agents, config, run),
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

async function learned(
  instances: readonly Instance[],
  agents: ReadonlyMap<string, GroupAgent>,
  { checkpointEvery }: LearnPolicyConfig,
  run: Running,
): Promise<LearnPolicyOutcomes> {
  const [{ composition }] = instances
  const learning = learningIn(composition, agents, instances)
  run.emit({ type: 'phase', phase: 'episodes', total: learning.episodes })
  const done = await run.perform(
    learningUnit({
      ...learning,
      checkpointEvery,
      orderOf: (index, { agents: states }) => {
        return { input: { index, agents: states }, group: instances[index % instances.length].id }
      },
    }),
  )
  const state = { ...(done.outcome as Learned), episodes: done.records as LearningState['episodes'] }
  for (const [name, agent] of agents) agent.restore(state.agents[name])
  const episodes = state.episodes.map(({ summary }) => summary)
  const cost = { episodes: episodes.length, flops: total(episodes).flops }
  await savePolicy(join(run.dir, 'policy.json'), agents, composition, cost)
  const notes = notesOnLearning(state, learning.episodes, learning.perUpdate)
  for (const message of notes) run.emit({ type: 'notice', message })
  return { instances, episodes, updates: state.updates, notes, cost }
}

interface EpisodeOrder {
  readonly index: number
  readonly agents: Readonly<Record<string, AgentState>>
}

/** Every instance again: an episode is played on any of them. */
async function hands(config: LearnPolicyConfig, context: Handing): Promise<Hands> {
  const instances = await composeAll(config, context)
  const [{ composition }] = instances
  const agents = composition.createAgents()
  const learning = learningIn(composition, agents, instances)
  return {
    unit(key, input) {
      const { index, agents: states } = input as EpisodeOrder
      for (const [name, agent] of agents) agent.restore(states[name])
      return episodeUnit(key, learning, { index })
    },
    close() {
      for (const { composition: own } of instances) own.dispose()
    },
  }
}

/** Of all instances' activations together. */
const CACHE_BYTES = 4 * 2 ** 30

/** All instances at once: episodes go from one to the next. */
async function composeAll(
  config: LearnPolicyConfig,
  context: Pick<Preparing, 'clock' | 'signal' | 'emit'>,
): Promise<readonly Instance[]> {
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
      out: IN_CODE,
    })
  const configs = ids.map(id => ({ id, config: own(id) }))
  const instances: { id: string; composition: Composition }[] = []
  try {
    for (const [i, { id, config: wanted }] of configs.entries()) {
      context.emit({ type: 'notice', message: `instance ${i + 1} of ${ids.length}: ${id}` })
      const composition = await compose(
        wanted,
        {},
        {
          ...{ clock: context.clock, signal: context.signal },
          cacheBytes: CACHE_BYTES / ids.length,
          onEvent: event => event.type === 'notice' && context.emit(event, id),
        },
      )
      instances.push({ id, composition })
      instances[i].composition = await fromItsBeginning(composition, context.clock)
    }
    return instances
  } catch (error) {
    for (const { composition } of instances) composition.dispose()
    throw error
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

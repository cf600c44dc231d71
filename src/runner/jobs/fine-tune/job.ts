import { join } from 'node:path'
import { inputError } from '../../../common/error.ts'
import { parseConfig } from '../../../common/settings.ts'
import type { Weights } from '../../../models/initialize.ts'
import type { tf } from '../../../models/tf.ts'
import { compose } from '../../instances/compose.ts'
import { type FineTuneConfig, fineTuneSchema, IN_CODE, withAbsolutePaths } from '../../instances/config.ts'
import { instanceFingerprints } from '../../instances/fingerprints.ts'
import type { Composition, Parts } from '../../instances/instance.ts'
import { applyPolicy, loadPolicy, type PolicyFile, withPolicy } from '../../instances/policy.ts'
import { wholeAgents } from '../../instances/whole-agents.ts'
import type { GroupAgent } from '../../play/roles.ts'
import { pluginFingerprints } from '../../plugins/fingerprint.ts'
import { seal } from '../../runs/codec.ts'
import { begin, resume } from '../../runs/drive.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import {
  type Conclusion,
  concluded,
  type Handing,
  type Hands,
  type JobKind,
  type Plan,
  type Preparing,
} from '../../runs/job.ts'
import { originOf } from '../../runs/origin.ts'
import { withCrew } from '../../workers/crew.ts'
import { summarizeFineTuning } from './conclude.ts'
import { examplePictures } from './examples.ts'
import { FineTuneHands, stepCounter } from './hands.ts'
import { traineeOf } from './kept.ts'
import { thumbnailsOf } from './mistakes.ts'
import { planned, plannedRest } from './plan/planned.ts'
import { renderReport } from './report/report.ts'
import type { FineTuneSummary } from './summary.ts'
import { fineTuneWords } from './words.ts'
import { type FineTuneEnd, FineTuneWork } from './work.ts'

/** What a fine-tuning run came to. */
export interface FineTuneResult {
  readonly summary: FineTuneSummary
  /** The fine-tuned model, in memory as it was saved. */
  readonly model: tf.LayersModel
  readonly weights: Weights
  readonly agents: ReadonlyMap<string, GroupAgent>
}

type FineTuneJob = JobKind<FineTuneConfig, FineTuneEnd, FineTuneSummary>

/** Agents fine-tune a model on clips, baselines beside them, and what that was worth. */
export function fineTuneJob(parts: Parts = {}): FineTuneJob {
  return {
    id: 'fine-tune',
    schema: fineTuneSchema,
    prepare: (config, context) => prepare(config, context, parts),
    ...(Object.keys(parts).length === 0 && { hands }),
    summarize: summarizeFineTuning,
    report: (summary, { composition, kept }) =>
      renderReport(summary, {
        thumbnails: thumbnailsOf(summary.mistakes, composition),
        examples: examplePictures(summary.examples, composition, traineeOf(kept, composition)),
      }),
    words: fineTuneWords,
  }
}

/** A new run: refuses a folder that exists, fine-tunes, compares, reports. */
export async function fineTune(
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
  parts: Parts = {},
): Promise<FineTuneResult> {
  const end = await begin(fineTuneJob(parts), values, withCrew(hooks))
  return resultOf(end) ?? Promise.reject(new Error('a new run came to nothing'))
}

/** Goes on with a run that was interrupted, or tells again what a finished one came to. */
export async function resumeRun(
  dir: string,
  hooks: RunHooks,
  parts: Parts = {},
): Promise<FineTuneResult | FineTuneSummary> {
  const end = await resume(fineTuneJob(parts), dir, withCrew(hooks))
  return resultOf(end) ?? concluded(end)
}

function resultOf(end: Conclusion<FineTuneEnd, FineTuneSummary>): FineTuneResult | undefined {
  if (end.outcomes === undefined) return undefined
  const { kept, composition, weights, agents } = end.outcomes
  return { summary: concluded(end), model: traineeOf(kept, composition).network.model, weights, agents }
}

const POLICY = 'policy.json'

async function prepare(
  asked: FineTuneConfig,
  context: Preparing,
  parts: Parts,
): Promise<Plan<FineTuneConfig, FineTuneEnd>> {
  const { begun, emit, signal, clock } = context
  if (begun !== undefined && asked.model === IN_CODE && parts.model === undefined) {
    throw inputError(
      'resume.in-code',
      `the run in ${begun.dir} was given its model in code: resume it there too, with resumeRun`,
    )
  }
  const { config: given, learned } = await withLearned(asked, context)
  const steps = stepCounter(event => emit(event))
  const hooks = { signal, clock, onEvent: emit, onStep: steps.count }
  const composed = await compose(given, parts, hooks)
  try {
    const fitted = begun === undefined ? await planned(composed, hooks) : undefined
    for (const event of fitted?.events ?? []) emit(event)
    if (begun !== undefined) emit(await plannedRest(composed, await doneOf(begun), hooks))
    const asked = fitted?.composition ?? composed
    const agents = startingAgents(asked, learned)
    const { agentConfig, rootConfig } = wholeAgents(asked.config, agents)
    const composition = asked.derive({ agentConfig, rootConfig })
    const { config, engine, dataset } = composition
    const fingerprints = {
      ...(await instanceFingerprints(dataset, parts.model ?? config.model)),
      ...(await pluginFingerprints(config.plugin)),
    }
    return {
      config,
      origin: originOf(engine, fingerprints),
      files: learned === undefined ? {} : { [POLICY]: seal(learned) },
      work: run => new FineTuneWork(composition, agents, run, steps).finish(),
      close: () => composition.close(),
    }
  } catch (error) {
    composed.close()
    throw error
  }
}

/** The run's networks, clips and agents again. */
async function hands(config: FineTuneConfig, { clock, signal, emit }: Handing): Promise<Hands> {
  const steps = stepCounter(emit)
  const hooks = { signal, clock, onEvent: emit, onStep: steps.count }
  const composition = await compose(config, {}, hooks)
  return new FineTuneHands(composition, composition.createAgents(), steps)
}

/** The policy that is applied, where one is: a run that goes on has a copy, since the file may have changed. */
async function withLearned(
  asked: FineTuneConfig,
  { begun, given }: Preparing,
): Promise<{ readonly config: FineTuneConfig; readonly learned?: PolicyFile }> {
  if (asked.policy === undefined) return { config: withAbsolutePaths(asked) }
  if (begun !== undefined) return { config: asked, learned: await loadPolicy(join(begun.dir, POLICY)) }
  const learned = await loadPolicy(asked.policy)
  const { kind: _, ...values } = given
  const config = parseConfig(fineTuneSchema, withPolicy(values, learned, asked))
  return { config: withAbsolutePaths(config), learned }
}

async function doneOf({ done, records }: NonNullable<Preparing['begun']>) {
  const runs = done.filter(key => key.includes('/'))
  return { runs, episodes: (await records('learning')) + (done.includes('greedy') ? 1 : 0) }
}

/** Fresh agents, or with what they learned before. */
function startingAgents(composition: Composition, learned: PolicyFile | undefined) {
  const agents = composition.createAgents()
  if (learned !== undefined) applyPolicy(learned, agents, composition)
  return agents
}

import { isDeepStrictEqual } from 'node:util'
import { failure, inputError } from '../../../common/error.ts'
import { contentHash } from '../../../data/fingerprint.ts'
import { loadDataset } from '../../../data/load.ts'
import { startEngine } from '../../../models/engine.ts'
import { type FineTuneConfig, IN_CODE } from '../../instances/config.ts'
import { instanceFingerprints } from '../../instances/fingerprints.ts'
import { instanceConfig, withAbsoluteInstances } from '../../instances/many-config.ts'
import { loadPolicy, type PolicyFile } from '../../instances/policy.ts'
import { pluginFingerprints } from '../../plugins/fingerprint.ts'
import { containerOf } from '../../plugins/load-plugins.ts'
import { begin } from '../../runs/drive.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import {
  type Conclusion,
  type FailedUnit,
  type JobKind,
  Partly,
  type Plan,
  type Preparing,
  type Running,
} from '../../runs/job.ts'
import { originOf } from '../../runs/origin.ts'
import { performAll } from '../../runs/perform-all.ts'
import { withCrew } from '../../workers/crew.ts'
import { type Contender, parseContenders, type StudyConfig, studySchema, wholeContenders } from './config.ts'
import { instancesOf, keyOf, type Place, StudyHands } from './hands.ts'
import type { Outcome } from './outcome.ts'
import { renderStudyReport } from './report.ts'
import { summarizeStudy } from './summarize.ts'
import type { StudyResult, StudySummary } from './summary.ts'
import { studyWords } from './words.ts'

export interface StudyOutcomes {
  readonly config: StudyConfig
  readonly contenders: readonly Contender[]
  readonly outcomes: readonly Outcome[]
  /** Outcomes and failures, those that are left out of the comparison too. */
  readonly units: number
  readonly failed: readonly (FailedUnit & { readonly contender: string })[]
  readonly policies: ReadonlyMap<string, PolicyFile>
}

/**
 * Every contender on every instance with every seed: a unit each, so that several processes can fill one folder
 * (`shard`), and one that fails stops none of the others.
 */
export const studyJob: JobKind<StudyConfig, StudyOutcomes, StudySummary> = {
  id: 'study',
  schema: studySchema,
  prepare,
  async hands(config, context) {
    const contenders = parseContenders(config.contenders)
    return new StudyHands(config, contenders, await policiesOf(contenders), context)
  },
  async joins(begun, given) {
    const { engine, threads } = begun.settings
    const settings = { engine, threads, ...given.settings }
    const asked = await resolved({ ...given, settings })
    return isDeepStrictEqual(lasting(begun), lasting(asked)) ? { ...begun, ...howOf(given) } : undefined
  },
  summarize({ config, contenders, outcomes, units, failed, policies }, { runDir, hash }) {
    const comparison = summarizeStudy(runDir, config, contenders, outcomes, policies)
    return { hash, ...comparison, units, failed: failed.map(({ unit, cause }) => ({ unit, cause })) }
  },
  report: renderStudyReport,
  words: studyWords,
  answer: resultOf,
}

/** A new study; one with the same plan goes on where it is. */
export async function study(
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
): Promise<StudyResult> {
  return resultOf(await begin(studyJob, values, withCrew(hooks)))
}

function resultOf({ dir, summary, partly }: Conclusion<unknown, StudySummary>): StudyResult {
  if (summary === undefined) return { dir, done: partly?.done ?? 0, of: partly?.of ?? 0 }
  const { units, hash } = summary
  return { dir, done: units, of: units, hash, summary }
}

async function prepare(given: StudyConfig, context: Preparing): Promise<Plan<StudyConfig, StudyOutcomes>> {
  const asked = await resolved(given)
  const contenders = parseContenders(asked.contenders)
  const instances = instancesOf(asked)
  const ids = Object.keys(instances)
  refuseUnknownReference(asked, contenders)
  const policies = await policiesOf(contenders)
  const seeds = Array.from({ length: asked.seeds }, (_, i) => asked.seed + i)
  const places = seeds.flatMap(seed => ids.map(instance => ({ instance, seed })))
  const mine = places.filter(inShard(asked.shard))
  const configs = ids.map(id => [id, instanceConfig(asked, id, instances[id], { out: IN_CODE })] as const)
  const fingerprints = await fingerprintsOf(configs, contenders, context.signal)
  const [[, first]] = configs
  const engine = await startEngine({
    engine: first.engine,
    threads: first.threads,
    onNotice: message => context.emit({ type: 'notice', message }),
  })
  const config = { ...asked, settings: { ...asked.settings, engine: engine.name, threads: engine.threads } }
  return {
    config,
    origin: originOf(engine, fingerprints),
    async work(run) {
      run.emit({ type: 'phase', phase: 'outcomes', total: mine.length * contenders.length })
      const hands = new StudyHands(config, contenders, policies, run)
      const keys = mine.flatMap(place => contenders.map(({ id }) => keyOf(place, id)))
      try {
        await performAll(
          run,
          keys.map(key => hands.unit(key)),
          true,
        )
      } finally {
        hands.close()
      }
      return gathered(run, { config, places, contenders, policies })
    },
  }
}

/** All paths absolute, all settings of agents and searches there. @throws input error for what can't be compared so */
async function resolved(given: StudyConfig): Promise<StudyConfig> {
  const config = withAbsoluteInstances(given)
  const contenders = parseContenders(config.contenders)
  const instances = instancesOf(config)
  const [id] = Object.keys(instances)
  if (id === undefined)
    throw inputError('study.instances', `'${config.on}' is empty: name instances, as in one: {data: clips}`)
  const own = instanceConfig(config, id, instances[id], {})
  const whole = wholeContenders(contenders, config.contenders, await containerOf(own.plugin), own)
  return { ...config, contenders: whole }
}

async function policiesOf(contenders: readonly Contender[]): Promise<ReadonlyMap<string, PolicyFile>> {
  const policies = new Map<string, PolicyFile>()
  for (const { policy } of contenders)
    if (policy !== undefined) policies.set(policy, await loadPolicy(policy))
  return policies
}

/** Who does a study: each process says so for itself. */
function howOf({ shard, workers, queue, verify, log }: StudyConfig) {
  return { shard, workers, queue, verify, log }
}

/** What makes two studies one. */
function lasting({
  shard: _,
  overwrite: __,
  out: ___,
  workers: ____,
  queue: _____,
  verify: ______,
  log: _______,
  ...rest
}: StudyConfig): unknown {
  return JSON.parse(JSON.stringify(rest))
}

function refuseUnknownReference({ reference }: StudyConfig, contenders: readonly Contender[]): void {
  if (reference === undefined || contenders.some(({ id }) => id === reference)) return
  const known = contenders.map(({ id }) => id).join(', ')
  throw inputError('study.reference', `'reference' is '${reference}', and the contenders are ${known}`)
}

async function fingerprintsOf(
  configs: readonly (readonly [id: string, config: FineTuneConfig])[],
  contenders: readonly Contender[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = { ...(await pluginFingerprints(configs[0][1].plugin)) }
  for (const [id, { data, model, groupColumn, skipBroken }] of configs) {
    const dataset = await loadDataset(data, { groupColumn, skipBroken, signal })
    Object.assign(found, await instanceFingerprints(dataset, model, id))
  }
  for (const { id, policy } of contenders)
    if (policy !== undefined) found[`policy of ${id}`] = await contentHash(policy)
  return found
}

/** Parts of equal size, in turn. */
function inShard(shard: string | undefined): (place: Place, index: number) => boolean {
  if (shard === undefined) return () => true
  const [part, of] = shard.split('/').map(Number)
  if (part < 1 || part > of) {
    throw inputError('study.shard', `'shard' is ${shard}: the part is from 1 to ${of}`)
  }
  return (_, index) => index % of === part - 1
}

/** All outcomes, those of other processes too; as many as there are, where some are missing. */
async function gathered(
  run: Running,
  plan: Pick<StudyOutcomes, 'config' | 'contenders' | 'policies'> & { readonly places: readonly Place[] },
): Promise<StudyOutcomes | Partly> {
  const { places, contenders, config, policies } = plan
  const units = places.flatMap(place => contenders.map(({ id }) => ({ place, id, key: keyOf(place, id) })))
  const done = await run.gather<Outcome>(units.map(({ key }) => key))
  if (done instanceof Partly) return done
  const failed = units.flatMap(({ place, id, key }, i) => {
    const cause = done[i].failure
    return cause === undefined ? [] : [{ ...place, unit: key, contender: id, cause }]
  })
  const outcomes = done.flatMap(({ outcome }) => outcome ?? [])
  return { config, policies, units: units.length, ...complete({ contenders, outcomes, failed }) }
}

/** Contenders with an outcome on every instance with every seed; an instance on which all failed is nobody's. */
function complete<T extends Pick<StudyOutcomes, 'contenders' | 'outcomes'>>(
  all: T & { readonly failed: readonly (FailedUnit & Place & { readonly contender: string })[] },
): Pick<StudyOutcomes, 'contenders' | 'outcomes' | 'failed'> {
  const { contenders, outcomes, failed } = all
  const out = new Set(
    failed
      .filter(
        ({ instance, seed }) => !outcomes.some(each => each.instance === instance && each.seed === seed),
      )
      .map(({ instance }) => instance),
  )
  const incomplete = new Set(failed.filter(({ instance }) => !out.has(instance)).map(each => each.contender))
  const left = contenders.filter(({ id }) => !incomplete.has(id))
  const compared = outcomes.filter(each => !out.has(each.instance) && !incomplete.has(each.contender))
  if (compared.length === 0) {
    const [{ unit, cause }] = failed
    throw failure('study.failed', `no contender has an outcome on every instance: ${unit}: ${cause}`)
  }
  return { contenders: left, outcomes: compared, failed }
}

import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { inputError, interrupted } from '../../../common/error.ts'
import { parseConfig } from '../../../common/settings.ts'
import { compose } from '../../instances/compose.ts'
import { IN_CODE } from '../../instances/config.ts'
import { instanceConfig, withAbsoluteInstances } from '../../instances/many-config.ts'
import { loadPolicy, type PolicyFile } from '../../instances/policy.ts'
import { containerOf } from '../../plugins/load-plugins.ts'
import { writeAtomic } from '../../runs/atomic.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import { atFolder, RunFolder } from '../../runs/run-folder.ts'
import {
  type Contender,
  checkContenders,
  isStudyConfig,
  parseContenders,
  type StudyConfig,
  studySchema,
} from './config.ts'
import { play } from './contend.ts'
import { type Outcome, outcomeFile, renameOlder } from './outcome.ts'
import { renderStudyReport } from './report.ts'
import { summarizeStudy } from './summarize.ts'
import type { StudySummary } from './summary.ts'

/** What a study, or its part, has come to; without a summary while other parts are missing. */
export interface StudyResult {
  readonly dir: string
  readonly done: number
  readonly of: number
  readonly summary?: StudySummary
}

/**
 * Every contender on every instance with every seed. Each outcome is a file of its own, so that several processes
 * can fill one folder (`shard`), and what is done stays done.
 */
export async function study(
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
): Promise<StudyResult> {
  const config = withAbsoluteInstances(parseConfig(studySchema, values))
  if (config.out === undefined) throw inputError('config.missing', "'out' is missing: give --out")
  const plan = await planOf(config)
  const folder = await openOrCreate(config.out, config)
  return finish(folder, config, plan, hooks)
}

export async function resumeStudy(dir: string, hooks: RunHooks): Promise<StudyResult> {
  const { folder, config: values } = await RunFolder.open(dir)
  const config = parseConfig(studySchema, values as Record<string, unknown>)
  return finish(folder, config, await planOf(config), hooks)
}

interface Plan {
  readonly contenders: readonly Contender[]
  readonly units: readonly Unit[]
  /** Those of this shard. */
  readonly mine: readonly Unit[]
  readonly policies: ReadonlyMap<string, PolicyFile>
}

/** An instance with a seed: what is composed once, and all contenders play on. */
interface Unit {
  readonly instance: string
  readonly seed: number
}

/** All that can be refused is refused here, before a folder is made. */
async function planOf(config: StudyConfig): Promise<Plan> {
  const contenders = parseContenders(config.contenders)
  const instances = instancesOf(config)
  const ids = Object.keys(instances)
  if (ids.length === 0)
    throw inputError('study.instances', `'${config.on}' is empty: name instances, as in one: {data: clips}`)
  const configs = ids.map(id => instanceConfig(config, id, instances[id], {}))
  checkContenders(contenders, await containerOf(configs[0].plugin))
  if (config.reference !== undefined && !contenders.some(({ id }) => id === config.reference)) {
    const known = contenders.map(({ id }) => id).join(', ')
    throw inputError(
      'study.reference',
      `'reference' is '${config.reference}', and the contenders are ${known}`,
    )
  }
  const policies = new Map<string, PolicyFile>()
  for (const { policy } of contenders)
    if (policy !== undefined) policies.set(policy, await loadPolicy(policy))
  const seeds = Array.from({ length: config.seeds }, (_, i) => config.seed + i)
  const units = seeds.flatMap(seed => ids.map(instance => ({ instance, seed })))
  return { contenders, policies, units, mine: units.filter(inShard(config.shard)) }
}

function instancesOf(config: StudyConfig): StudyConfig['heldOut'] {
  return config.on === 'train' ? config.train : config.heldOut
}

const OUTCOMES = 'outcomes'

/** A study with the same plan goes on where it is. */
async function openOrCreate(path: string, config: StudyConfig): Promise<RunFolder> {
  const lasting = ({ shard: _, overwrite: __, out: ___, ...rest }: StudyConfig) =>
    JSON.parse(JSON.stringify(rest))
  const same = async () => {
    const known = await RunFolder.open(path).catch(error => {
      if (error.code === 'run.edited') throw error
      return undefined
    })
    const isSame =
      known !== undefined &&
      isStudyConfig(known.config) &&
      isDeepStrictEqual(lasting(known.config), lasting(config))
    return isSame ? known.folder : undefined
  }
  const known = config.overwrite ? undefined : await same()
  if (known !== undefined) return known
  const { shard: _, ...whole } = config
  return RunFolder.create(path, whole, config.overwrite).catch(async error => {
    // Another part of the study that begins at the same time made it first.
    const made = error.code === 'run.exists' ? await same() : undefined
    if (made === undefined) throw error
    return made
  })
}

async function finish(
  folder: RunFolder,
  config: StudyConfig,
  { contenders, units, mine, policies }: Plan,
  hooks: RunHooks,
): Promise<StudyResult> {
  const outcomes = join(folder.dir, OUTCOMES)
  const fileOf = (unit: Unit, contender: string) => outcomeFile({ ...unit, contender })
  return atFolder(folder, async () => {
    await mkdir(outcomes, { recursive: true })
    await renameOlder(outcomes)
    hooks.onEvent({ type: 'phase', phase: 'outcomes', total: mine.length * contenders.length })
    for (const unit of mine) {
      const done = new Set(await readdir(outcomes))
      const left = contenders.filter(({ id }) => !done.has(fileOf(unit, id)))
      if (left.length === 0) continue
      await playUnit(unit, left, { config, policies, hooks }, async outcome => {
        const path = join(outcomes, fileOf(unit, outcome.contender))
        await writeAtomic(path, `${JSON.stringify(outcome)}\n`)
      })
    }
    const all: Outcome[] = []
    for (const unit of units) {
      for (const { id } of contenders) {
        const path = join(outcomes, fileOf(unit, id))
        const text = await readFile(path, 'utf8').catch(() => undefined)
        if (text !== undefined) all.push(JSON.parse(text) as Outcome)
      }
    }
    const result = { dir: folder.dir, done: all.length, of: units.length * contenders.length }
    if (result.done < result.of) return result
    const summary = summarizeStudy(folder.dir, config, contenders, all, policies)
    await folder.write('report.html', renderStudyReport(summary))
    await folder.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`)
    return { ...result, summary }
  })
}

/** Parts of equal size, in turn. */
function inShard(shard: string | undefined): (unit: Unit, index: number) => boolean {
  if (shard === undefined) return () => true
  const [part, of] = shard.split('/').map(Number)
  if (part < 1 || part > of) {
    throw inputError('study.shard', `'shard' is ${shard}: the part is from 1 to ${of}`)
  }
  return (_, index) => index % of === part - 1
}

async function playUnit(
  { instance, seed }: Unit,
  contenders: readonly Contender[],
  { config, policies, hooks }: Pick<Plan, 'policies'> & { config: StudyConfig; hooks: RunHooks },
  onOutcome: (outcome: Outcome) => Promise<void>,
): Promise<void> {
  // Nothing of a run is written but its outcome.
  const out = IN_CODE
  const own = instanceConfig(config, instance, instancesOf(config)[instance], { seed, workers: 1, out })
  // What every composition says anew would drown the rest.
  const quiet = { ...hooks, onEvent: () => undefined, onStep: () => undefined }
  const composition = await compose(own, {}, quiet)
  try {
    for (const contender of contenders) {
      if (hooks.signal.aborted) throw interrupted()
      const played = await play(contender, {
        composition,
        policies,
        clock: hooks.clock,
        signal: hooks.signal,
      })
      const { budgetFlops } = composition.worlds[0]
      await onOutcome({ instance, seed, contender: contender.id, ...played, budgetFlops })
      const { score, rewardLoss, rewardAccuracy, total } = played
      const key = `${instance}, seed ${seed}: ${contender.id}`
      hooks.onEvent({ type: 'run', key, score, rewardLoss, rewardAccuracy, ...total })
    }
  } finally {
    composition.dispose()
  }
}

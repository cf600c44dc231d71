import { inputError } from '../../common/error.ts'
import { parseConfig } from '../../common/settings.ts'
import { tryWriting } from '../../common/writable.ts'
import { runHash } from './digest.ts'
import { isRecorded, type RunEvent } from './events.ts'
import { FigureLog } from './figure-log.ts'
import type { RunHooks } from './hooks.ts'
import { type Conclusion, type FailedUnit, type JobKind, Partly, type Plan, type RunConfig } from './job.ts'
import { takeFolder } from './lock.ts'
import { refuseOther, versionNotice } from './origin.ts'
import { running } from './performing.ts'
import { atFolder, RunFolder } from './run-folder.ts'
import { UnitStore } from './units.ts'
import { checkWorkShape } from './work-shape.ts'

/**
 * A new run of whatever kind: refuses what can be refused, makes the folder, does the units, sums them up.
 * @param values settings, as flags, YAML or code have them
 */
export async function begin<C extends RunConfig, O, S>(
  kind: JobKind<C, O, S>,
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
): Promise<Conclusion<O, S>> {
  const config = parsed(kind, values)
  checkWorkShape(config)
  const { out, overwrite } = config
  if (out === undefined) throw inputError('config.missing', "'out' is missing: give --out")
  const joined = overwrite ? undefined : await joinable(kind, out, config)
  if (joined !== undefined) return goOn(kind, joined.folder, joined.config, hooks)
  await RunFolder.refuseExisting(out, overwrite)
  // Not after an hour of decoding.
  await tryWriting(out)
  const said = listener(hooks)
  const plan = await kind.prepare(config, { ...said.context, given: values })
  try {
    const whole = { kind: kind.id, ...plan.config, shard: undefined }
    const folder = await RunFolder.create(out, whole, overwrite).catch(async error => {
      // Another part of the work that begins at the same time made it first.
      const late = error.code === 'run.exists' ? await joinable(kind, out, config) : undefined
      if (late === undefined) throw error
      return late.folder
    })
    return await work(kind, plan, folder, { hooks, ...said })
  } finally {
    plan.close?.()
  }
}

/** Goes on with a run that was interrupted, or tells again what a finished one came to. */
export async function resume<C extends RunConfig, O, S>(
  kind: JobKind<C, O, S>,
  dir: string,
  hooks: RunHooks,
): Promise<Conclusion<O, S>> {
  const { folder, config } = await RunFolder.open(dir)
  return goOn(kind, folder, parsed(kind, config as Record<string, unknown>), hooks)
}

async function goOn<C extends RunConfig, O, S>(
  kind: JobKind<C, O, S>,
  folder: RunFolder,
  given: C,
  hooks: RunHooks,
): Promise<Conclusion<O, S>> {
  const summary = await finishedSummary<S>(folder)
  if (summary !== undefined) return { dir: folder.dir, summary }
  const config = { ...given, out: folder.dir }
  // Before anything is cut off or measured.
  const release = await taken(folder, config, hooks)
  const store = new UnitStore(folder.dir)
  const said = listener(hooks)
  try {
    if (config.shard === undefined) await store.forgetFailures()
    const begun = (await folder.origin()) !== undefined
    const plan = await kind.prepare(config, {
      ...said.context,
      given: config as unknown as Readonly<Record<string, unknown>>,
      ...(begun && {
        begun: { dir: folder.dir, done: await store.keys(), records: unit => store.recorded(unit) },
      }),
    })
    try {
      return await work(kind, plan, folder, { hooks, ...said, release })
    } finally {
      plan.close?.()
    }
  } finally {
    await release()
  }
}

/** None where none is asked for, or the kind writes its own. */
async function figureLog(
  { log = [] }: RunConfig,
  { writesTensorBoard }: { readonly writesTensorBoard?: boolean },
  where: { readonly dir: string; readonly log: string },
): Promise<FigureLog | undefined> {
  const formats = log.filter(format => format !== 'tensorboard' || writesTensorBoard !== true)
  return formats.length === 0 ? undefined : FigureLog.open({ ...where, formats })
}

function taken(folder: RunFolder, { shard }: RunConfig, { clock }: RunHooks): Promise<() => Promise<void>> {
  return atFolder(folder, () => takeFolder(folder.dir, { clock, part: shard }))
}

interface Work {
  readonly hooks: RunHooks
  /** Tells people. */
  readonly say: (event: RunEvent) => void
  /** While it was prepared: recorded where the run begins. */
  readonly told: readonly (readonly [RunEvent, string | undefined])[]
  /** Where the folder is taken already. */
  readonly release?: () => Promise<void>
}

async function work<C extends RunConfig, O, S>(
  kind: JobKind<C, O, S>,
  plan: Plan<C, O>,
  folder: RunFolder,
  { hooks, say, told, release: before }: Work,
): Promise<Conclusion<O, S>> {
  const { dir } = folder
  const release = before ?? (await taken(folder, plan.config, hooks))
  try {
    return await atFolder(folder, async () => {
      if (plan.config.shard === undefined) await folder.removeUnfinished()
      const store = new UnitStore(dir)
      const origin = await folder.origin()
      const log = folder.log(hooks.clock, plan.config.shard)
      if (origin !== undefined) refuseOther(dir, origin.origin, plan.origin)
      const first = origin?.events.log === log.name ? origin.events.bytes : 0
      const reached = Math.max(first, await store.reached(log.name))
      await log.cutTo(reached)
      if (reached === 0) for (const [event, unit] of told) void log.record(event, unit)
      if (origin === undefined) {
        for (const [name, content] of Object.entries(plan.files ?? {})) await folder.write(name, content)
        await folder.begin(plan.origin, await log.position())
      } else {
        const notice = versionNotice(origin.origin, plan.origin)
        if (notice !== undefined) say({ type: 'notice', message: notice })
      }
      const figures = await figureLog(plan.config, kind, { dir, log: log.name })
      const emit = (event: RunEvent, unit?: string) => {
        say(event)
        void log.record(event, unit)
        figures?.take(event, unit, hooks.clock())
      }
      const digests = new Map<string, string>()
      const { config, origin: now } = plan
      const { signal, clock } = hooks
      const crew =
        kind.hands && (await hooks.hire?.({ kind: kind.id, config, origin: now, dir, signal, clock, emit }))
      const run = running({ folder, store, log, hooks, emit, digests, crew })
      const outcomes = await plan.work(run).finally(async () => {
        await crew?.close()
        await figures?.close()
      })
      if (outcomes instanceof Partly) return { dir, partly: outcomes }
      const hash = runHash(digests)
      const summary = kind.summarize(outcomes, { runDir: dir, hash, origin: plan.origin })
      await folder.write('report.html', kind.report(summary, outcomes))
      emit({ type: 'done', hash })
      // The last file: where it lies, the run is done.
      await log.position()
      await folder.finish(summary)
      return { dir, summary, outcomes }
    })
  } finally {
    await release()
  }
}

/** Tells people, a notice once, however many units it is of; and keeps for the log what was told in preparation. */
function listener({ onEvent, signal, clock }: RunHooks) {
  const notices = new Set<string>()
  const told: [RunEvent, string | undefined][] = []
  const say = (event: RunEvent) => {
    if (event.type === 'notice' && notices.has(event.message)) return
    if (event.type === 'notice') notices.add(event.message)
    onEvent(event)
  }
  const emit = (event: RunEvent, unit?: string) => {
    if (isRecorded(event)) told.push([event, unit])
    say(event)
  }
  return { say, told, context: { signal, clock, emit } }
}

/** @throws input error for a configuration of another kind, and as the schema says */
function parsed<C extends RunConfig, O, S>(
  { id, schema }: JobKind<C, O, S>,
  { kind, ...values }: Readonly<Record<string, unknown>>,
): C {
  if (kind !== undefined && kind !== id) {
    throw inputError(
      'config.kind',
      `this configuration is of '${kind}', not of '${id}': layergym ${kind} takes it`,
    )
  }
  return parseConfig(schema, values) as unknown as C
}

async function joinable<C extends RunConfig, O, S>(
  kind: JobKind<C, O, S>,
  path: string,
  given: C,
): Promise<{ readonly folder: RunFolder; readonly config: C } | undefined> {
  if (kind.joins === undefined) return undefined
  const known = await RunFolder.open(path).catch(error => {
    if (error.code === 'run.edited') throw error
    return undefined
  })
  if (known === undefined || Reflect.get(Object(known.config), 'kind') !== kind.id) return undefined
  const config = await kind.joins(parsed(kind, known.config as Record<string, unknown>), given)
  return config && { folder: known.folder, config }
}

/** Of a run that is done; one with failures is not: they are tried again. */
async function finishedSummary<S>(folder: RunFolder): Promise<S | undefined> {
  const summary = (await folder.summary()) as (S & { readonly failed?: readonly FailedUnit[] }) | undefined
  return (summary?.failed ?? []).length === 0 ? summary : undefined
}

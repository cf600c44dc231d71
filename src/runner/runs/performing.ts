import { failure, interrupted, LayergymError, messageOf } from '../../common/error.ts'
import { inTurn } from '../../common/in-turn.ts'
import type { Crew } from './crew.ts'
import { digestOf } from './digest.ts'
import type { EventLog } from './event-log.ts'
import type { RunEvent } from './events.ts'
import type { RunHooks } from './hooks.ts'
import { Partly, type Running, type Unit, type UnitContext } from './job.ts'
import type { RunFolder } from './run-folder.ts'
import type { Done, UnitStore } from './units.ts'

interface Place {
  readonly folder: RunFolder
  readonly store: UnitStore
  readonly log: EventLog
  readonly hooks: RunHooks
  readonly emit: Running['emit']
  /** What units came to, by key: filled as they end. */
  readonly digests: Map<string, string>
  readonly crew?: Crew
}

/** A run under way: its units are done once each, by its crew or here, and stand in its folder. */
export function running(place: Place): Running {
  const { folder, store, log, hooks, emit, digests, crew } = place
  const { signal, clock } = hooks
  // Networks are shared by what is done in this process.
  const here = inTurn()
  // So that the log's end is always the end of what is done.
  const finishing = inTurn()
  /** What ends the run: units that were asked for with the one that it is of are left. */
  let broken: unknown
  return {
    dir: folder.dir,
    signal,
    clock,
    emit,
    atOnce: crew?.size ?? 1,
    async gather<T>(keys: readonly string[]) {
      const done: Done<T>[] = []
      for (const key of keys) {
        const known = await store.find(key)
        if (known !== undefined) done.push(known as Done<T>)
      }
      if (done.length < keys.length) return new Partly(done.length, keys.length)
      for (const { key, digest } of done) digests.set(key, digest)
      return done
    },
    async perform<T>(unit: Unit<T>, tolerant = false) {
      const afresh = async () => {
        if (broken !== undefined) throw broken
        const known = (await store.find(unit.key)) as Done<T> | undefined
        if (known !== undefined) return known
        if (signal.aborted) throw interrupted()
        const done = await attempt(unit, tolerant, place)
        return finishing(async () => {
          const own = (event: RunEvent) => emit(event, unit.key)
          const { taken = async (outcome: T) => outcome } = unit
          const kept =
            done.failure === undefined ? { ...done, outcome: await taken(done.outcome as T, own) } : done
          const event = endOf(unit, kept)
          if (event !== undefined) own(event)
          await store.finish({ ...kept, records: [] }, await log.position())
          return kept
        })
      }
      const work = crew !== undefined && unit.elsewhere !== undefined ? afresh() : here(afresh)
      const done = await work.catch(error => {
        broken ??= error
        throw error
      })
      digests.set(unit.key, done.digest)
      return done
    },
    write: (name, content) => folder.write(name, content),
  }
}

async function attempt<T>(unit: Unit<T>, tolerant: boolean, place: Place): Promise<Done<T>> {
  const { key, elsewhere } = unit
  const { crew, hooks } = place
  const records: unknown[] = []
  try {
    return crew !== undefined && elsewhere !== undefined
      ? await byCrew(unit, crew, place)
      : await inThisProcess(unit, records, place)
  } catch (error) {
    if (!tolerant || hooks.signal.aborted || !isOfTheUnit(error)) throw error
    return { key, failure: messageOf(error), records, digest: digestOf('failed') }
  }
}

async function inThisProcess<T>(
  { key, run, digest }: Unit<T>,
  records: unknown[],
  { store, log, hooks: { signal, clock }, emit, crew }: Place,
): Promise<Done<T>> {
  const saved = await store.saved(key)
  records.push(...(saved?.records ?? []))
  const context: UnitContext = {
    ...{ signal, clock, saved, crew },
    emit: event => emit(event, key),
    async save(state, more = []) {
      records.push(...more)
      await store.checkpoint(key, state, more, log.position())
    },
  }
  const outcome = await run(context)
  return { key, outcome, records, digest: digest(outcome, records) }
}

async function byCrew<T>({ key, digest, elsewhere }: Unit<T>, crew: Crew, { store, emit, log }: Place) {
  const made = await crew.perform({ key, ...elsewhere }, event => emit(event, key))
  const outcome = made.outcome as T
  if (made.records.length > 0) {
    await store.saved(key)
    await store.checkpoint(key, undefined, made.records, log.position())
  }
  if (digest(outcome, made.records) !== made.digest)
    throw failure('worker.garbled', `what '${key}' came to is not what its worker sent`)
  return { key, outcome, records: made.records, digest: made.digest }
}

function endOf<T>({ key, ended }: Unit<T>, { failure, outcome }: Done<T>): RunEvent | undefined {
  return failure === undefined ? ended?.(outcome as T) : { type: 'failed', key, cause: failure }
}

/** Not a mistake in the settings, not the machine's: a full disk would be every unit's. */
function isOfTheUnit(error: unknown): boolean {
  if (error instanceof LayergymError) return error.kind === 'failure'
  return !(error instanceof Error && 'syscall' in error)
}

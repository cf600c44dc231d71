import type { Schedule, Trial } from '../../agents/schedules/schedule.ts'
import { ratesOf } from '../../envs/finetune/actions.ts'
import type { FineTuningOptions } from '../../envs/finetune/world-state.ts'
import type { Clock } from '../play/roles.ts'
import { isSolvable } from './config.ts'
import type { Composition } from './instance.ts'
import { termsOf } from './schedule-runs.ts'
import { type SearchResult, scoreOf } from './schedule-search.ts'

/** Where agents begin: the options of their worlds, and the same for people. */
export interface Beginning {
  readonly options: Pick<FineTuningOptions<unknown>, 'start' | 'settings'>
  readonly start: Start
  /** FLOPs that it cost to solve for, once a run. */
  readonly flops: number
}

/**
 * Where agents begin, as `config.start` says: at the best schedule of those searched (one whose settings don't change
 * in a run: then keeping them is that schedule), at the linear probe, or with a fresh head that guesses.
 */
export async function beginningOf(
  composition: Composition,
  searches: ReadonlyMap<string, SearchResult>,
  clock: Clock,
): Promise<Beginning> {
  const { start } = composition.config
  if (start === 'chance') return fresh(composition)
  const candidates = [...searches].filter(([name]) =>
    canBegin(composition.container.get('schedules', name), composition),
  )
  const [best] = candidates.sort(([, a], [, b]) => scoreOf(b.chosen) - scoreOf(a.chosen))
  if (start === 'best' && best !== undefined) {
    const [name, { chosen }] = best
    return fromSchedule(name, chosen.trial, composition, clock)
  }
  // A head that knows these classes already is a better start than one that is solved for.
  if (start === 'best' && composition.worlds[0].options.keepHead) return fresh(composition)
  if (!isSolvable(composition.task)) return fresh(composition)
  const { head, run } = await composition.probe(clock)
  // A head of another kind has no place for the solution.
  if (head === undefined) return fresh(composition)
  const beginning = fresh(composition)
  const rates = beginning.start.rates
  return { options: { start: head }, start: { from: 'probe', rates }, flops: run.flops }
}

/** The composition as agents find it where no schedule was tried before them. */
export async function fromItsBeginning(composition: Composition, clock: Clock): Promise<Composition> {
  const { options } = await beginningOf(composition, new Map(), clock)
  return composition.derive({}, options)
}

/** Whether agents can do just what the schedule does, and go on from there. */
function canBegin(
  { changes, fromScratch, solved, fromProbe, shape }: Schedule,
  { linear, worlds }: Composition,
): boolean {
  const hasPlace = !(solved || fromProbe) || linear.options.trainee === worlds[0].options.trainee
  return hasPlace && !changes && !fromScratch && shape === undefined
}

async function fromSchedule(
  name: string,
  trial: Trial,
  composition: Composition,
  clock: Clock,
): Promise<Beginning> {
  const schedule = composition.container.get('schedules', name)
  const probe = schedule.fromProbe ? await composition.probe(clock) : undefined
  const settings = schedule.begin(trial, termsOf(composition))({ progress: 0, statistics: [] })
  const rates = ratesOf(settings)
  return {
    options: { settings, ...(probe && { start: probe.head }) },
    start: { from: name, rates },
    flops: probe?.run.flops ?? 0,
  }
}

function fresh({ worlds }: Composition): Beginning {
  const { limits } = worlds[0].options
  const head = worlds[0].groups - 1
  const rates = Array.from({ length: head + 1 }, (_, group) => (group === head ? limits.reset(0) : 0))
  return { options: {}, start: { from: 'chance', rates }, flops: 0 }
}

/** The schedule whose settings agents began with; without one, the linear probe or a head that guesses. */
export interface Start {
  readonly from: string
  /** Per group; 0 means frozen. */
  readonly rates: readonly number[]
}

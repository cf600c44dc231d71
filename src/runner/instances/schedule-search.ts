import { type Schedule, type Trial, trialAt } from '../../agents/schedules/schedule.ts'
import { mean, standardDeviation } from '../../common/statistics.ts'
import type { RateLimits } from '../../envs/finetune/actions.ts'
import type { ScheduleRun } from './trained.ts'

/** One point of a search: three to the power of `exponent` times the schedule's own rates. */
export interface Tried {
  readonly exponent: number
  readonly trial: Trial
  /** One a seed. */
  readonly runs: readonly ScheduleRun[]
}

export interface SearchResult {
  readonly tried: readonly Tried[]
  readonly chosen: Tried
  /** The chosen rate is the lowest or the highest of those tried, and the next one would have been allowed. */
  readonly atEdge: boolean
  /** The chosen rate for twice the budget, from the first seed: whether the schedule had converged. */
  readonly longer?: { readonly run: ScheduleRun; readonly rising: boolean; readonly gain: number }
}

interface SearchOptions {
  readonly limits: RateLimits
  /** Rates that are tried at most. */
  readonly rates: number
  /** All rates run with the first; the best two with the others too. */
  readonly seeds: readonly number[]
  /** Whether to run the chosen one for twice the budget. */
  readonly longer: boolean
  /** Several may be asked for at once. */
  readonly run: (trial: Trial, seed: number) => Promise<ScheduleRun>
}

/** Seeds that searches use; final runs have others, so that no setting is reported on the seeds that chose it. */
export const SEARCH_SEEDS = 2

/** Whether to try twice the budget: from scratch nothing converges within one for fine-tuning, and nobody has to be told. */
export function triesLonger({ fromScratch }: Schedule, rates: number): boolean {
  return rates > 1 && !fromScratch
}

/** Below it, in score, twice the budget brought nothing that would change what is said. */
const MATERIAL = 0.02

/**
 * The rates of a schedule, the same way for all: the middle, a third and three times it; then on to the side where the
 * best is the outermost; then the best two with further seeds. The best mean score on the reward split is taken.
 */
export async function searchSchedule(schedule: Schedule, options: SearchOptions): Promise<SearchResult> {
  const { limits, seeds } = options
  const [first, ...others] = seeds
  const rates = schedule.solved ? 1 : options.rates
  const tried = new Map<number, Tried>()
  const attempt = async (exponents: readonly number[]): Promise<void> => {
    const allowed = exponents.flatMap(exponent => {
      const trial = trialAt(schedule, exponent, limits)
      return trial === undefined || tried.has(exponent) ? [] : [{ exponent, trial }]
    })
    const next = allowed.slice(0, rates - tried.size)
    const runs = await Promise.all(next.map(({ trial }) => options.run(trial, first)))
    for (const [i, each] of next.entries()) tried.set(each.exponent, { ...each, runs: [runs[i]] })
  }
  await attempt([0, -1, 1])
  for (let before = 0; before !== tried.size; ) {
    before = tried.size
    const side = edgeOf(best(tried.values()).exponent, tried)
    if (side !== 0) await attempt([best(tried.values()).exponent + side])
  }
  if (tried.size > 1 && !schedule.solved) {
    const two = [...tried.values()].sort(byScore).slice(0, 2)
    const further = await Promise.all(
      two.map(({ trial }) => Promise.all(others.map(seed => options.run(trial, seed)))),
    )
    for (const [i, each] of two.entries())
      tried.set(each.exponent, { ...each, runs: [...each.runs, ...further[i]] })
  }
  const most = Math.max(...[...tried.values()].map(({ runs }) => runs.length))
  const chosen = best([...tried.values()].filter(({ runs }) => runs.length === most))
  const side = edgeOf(chosen.exponent, tried)
  return {
    tried: [...tried.values()].sort((a, b) => a.exponent - b.exponent),
    chosen,
    atEdge: rates > 1 && side !== 0 && trialAt(schedule, chosen.exponent + side, limits) !== undefined,
    ...(options.longer && !schedule.solved && { longer: await twice(chosen, first, options) }),
  }
}

export function scoreOf({ runs }: Pick<Tried, 'runs'>): number {
  return mean(runs.map(({ score }) => score))
}

/** All runs of a search, the longer one included. */
export function runsOf({ tried, longer }: SearchResult): readonly ScheduleRun[] {
  return [...tried.flatMap(({ runs }) => runs), ...(longer ? [longer.run] : [])]
}

async function twice(chosen: Tried, seed: number, { run }: SearchOptions) {
  const longer = await run({ ...chosen.trial, length: 2 * chosen.trial.length }, seed)
  const [once] = chosen.runs
  const gain = longer.score - once.score
  const differences = longer.clipScores.map((value, i) => value - once.clipScores[i])
  const noise = standardDeviation(differences) / Math.sqrt(differences.length)
  return { run: longer, gain, rising: gain > MATERIAL && gain > (Number.isNaN(noise) ? 0 : noise) }
}

/** −1 or 1 where nothing lower or higher was tried, else 0. */
function edgeOf(exponent: number, tried: ReadonlyMap<number, Tried>): -1 | 0 | 1 {
  const all = [...tried.keys()]
  if (all.length < 2) return 0
  if (exponent === Math.min(...all)) return -1
  return exponent === Math.max(...all) ? 1 : 0
}

const byScore = (a: Tried, b: Tried) => scoreOf(b) - scoreOf(a)

function best(tried: Iterable<Tried>): Tried {
  return [...tried].sort(byScore)[0]
}

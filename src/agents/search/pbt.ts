import { z } from 'zod'
import { clamp } from '../../envs/finetune/actions.ts'
import {
  drawRate,
  drawRates,
  frozenProbability,
  lowestLoss,
  type Member,
  type ResumableRun,
  Runs,
  type SearchOptions,
  type SearchResult,
} from './resumable.ts'

/** The population is small, since a run is expensive: the paper's have up to 80 members. */
export const pbtConfig = z.strictObject({
  population: z.number().int().min(2).max(1000).default(8).describe('runs that are trained side by side'),
  interval: z.number().int().min(1).default(2).describe('rounds between two comparisons'),
  truncation: z
    .number()
    .positive()
    .max(0.5)
    .default(0.2)
    .describe('share, at least 1, that is replaced, and of the best that replace it'),
  resampleProbability: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .describe('probability that a copied rate is drawn anew, and not multiplied by 0.8 or 1.2'),
  frozenProbability,
})

type Options = SearchOptions<z.infer<typeof pbtConfig>>

/** What a copied rate is multiplied by. */
const FACTORS = [0.8, 1.2]

/**
 * Population-based training (Jaderberg et al. 2017) with truncation selection: every interval the worst runs become
 * copies of runs among the best, each of whose rates is perturbed or drawn anew. When all runs of a population are
 * over, another begins where as much of the budget is left as the last one cost.
 * @returns the lowest loss of all members
 */
export async function pbt<S>(run: ResumableRun<S>, options: Options): Promise<SearchResult<S>> {
  const runs = new Runs(run, options)
  const found: Member<S>[] = []
  for (let cost = 0; runs.left > cost; ) {
    const before = runs.flops
    found.push(lowestLoss(await population(runs, options)))
    cost = runs.flops - before
  }
  return runs.result(lowestLoss(found))
}

async function population<S>(runs: Runs<S>, options: Options): Promise<readonly Member<S>[]> {
  let members: readonly Member<S>[] = []
  for (let i = 0; i < options.config.population; i++) {
    members = [...members, await runs.begin(drawRates(options))]
  }
  while (runs.left > 0 && members.some(({ done }) => !done)) {
    const trained: Member<S>[] = []
    for (const member of members) {
      const ends = member.done || runs.left <= 0
      trained.push(ends ? member : await runs.advance(member, options.config.interval))
    }
    members = exploitAndExplore(trained, options)
  }
  return members
}

/** The worst become copies of the best that aren't over: there's nothing to explore from a run's end. */
function exploitAndExplore<S>(members: readonly Member<S>[], options: Options): readonly Member<S>[] {
  const { config, rng } = options
  const share = Math.max(1, Math.round(config.truncation * members.length))
  const count = Math.min(share, Math.floor(members.length / 2))
  const ranked = [...members].sort((a, b) => a.loss - b.loss)
  const donors = ranked.slice(0, count).filter(({ done }) => !done)
  if (donors.length === 0) return members
  const worst = new Set(ranked.slice(-count))
  return members.map(member => {
    if (!worst.has(member)) return member
    const donor = donors[rng.int(donors.length)]
    return { ...donor, rates: explore(donor.rates, options) }
  })
}

/** A frozen group stays frozen unless its rate is drawn anew. */
function explore(rates: readonly number[], { config, limits, rng }: Options): readonly number[] {
  return rates.map((rate, group) => {
    const frozen = group === rates.length - 1 ? 0 : config.frozenProbability
    if (rng.next() < config.resampleProbability) return drawRate(limits, frozen, rng)
    const perturbed = rate * FACTORS[rng.int(FACTORS.length)]
    return rate === 0 ? 0 : clamp(perturbed, limits)
  })
}

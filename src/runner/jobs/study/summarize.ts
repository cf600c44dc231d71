import { BASELINES, type BaselineName } from '../../../agents/schedules/baselines.ts'
import type { Schedule } from '../../../agents/schedules/schedule.ts'
import { Rng } from '../../../common/random.ts'
import { interquartileMean, mean } from '../../../common/statistics.ts'
import { intervalOf } from '../../inference/inference.ts'
import type { PolicyFile } from '../../instances/policy.ts'
import type { Contender, StudyConfig } from './config.ts'
import { familySize, infer, type OutcomeGrid, type Pair, PRIMARY, pairedDifferences } from './differences.ts'
import { evidenceOf } from './evidence.ts'
import type { Outcome } from './outcome.ts'
import type { ContenderResult, Evidence, StudyComparison } from './summary.ts'
import { tuningRemarks } from './tuning.ts'

/** Of studies that were set up before there was a choice. */
const DEFAULTS = { pairs: 'reference', margin: 2 } as const

/**
 * @param outcomes one of every contender on every instance with every seed
 * @param belongs which pairs are claimed, where that isn't the study's own choice: those that a table shows
 */
export function summarizeStudy(
  dir: string,
  config: Pick<StudyConfig, 'reference' | 'seed'> & Partial<Pick<StudyConfig, 'pairs' | 'margin'>>,
  contenders: readonly Contender[],
  outcomes: readonly Outcome[],
  policies: ReadonlyMap<string, PolicyFile>,
  belongs?: (pair: Pair) => boolean,
): StudyComparison {
  const { pairs, margin } = { ...DEFAULTS, ...config }
  const ids = contenders.map(({ id }) => id)
  // Of a reference that failed, the first of the others takes the place.
  const reference = ids.includes(config.reference ?? '') ? String(config.reference) : ids[0]
  const family = belongs ?? (({ from }: Pair) => pairs === 'all' || from === reference)
  const instances = [...new Set(outcomes.map(({ instance }) => instance))]
  const seeds = [...new Set(outcomes.map(({ seed }) => seed))]
  const found = new Map(outcomes.map(outcome => [keyOf(outcome), outcome]))
  const grids = new Map(
    contenders.map(({ id }) => [
      id,
      instances.map(instance =>
        seeds.map(seed => found.get(keyOf({ contender: id, instance, seed })) as Outcome),
      ),
    ]),
  )
  const evidence = evidenceOf(outcomes, Math.max(1, familySize(ids, family)))
  const results = contenders.map(contender => ({
    ...resultOf(contender, grids.get(contender.id) ?? [], { evidence, seed: config.seed, policies }),
    remarks: tuningRemarks(contender, { instances, seeds }),
  }))
  const statics = contenders.flatMap(({ schedule, rates }, i) =>
    rates !== undefined || (schedule !== undefined && isStatic(schedule)) ? [results[i].byInstance] : [],
  )
  const best = instances.map((_, i) => Math.max(...statics.map(byInstance => byInstance[i])))
  const { seed } = config
  return {
    dir,
    instances,
    seeds,
    reference,
    metric: metricOf(outcomes),
    margin: margin / 100,
    evidence,
    contenders: results.map(result => ({
      ...result,
      ...(statics.length > 0 && { regret: mean(result.byInstance.map((value, i) => best[i] - value)) }),
      onFront: onFront(result, results, ({ totalCost }) => totalCost),
      onLearnedFront: onFront(result, results, ({ learnedCost }) => learnedCost),
    })),
    differences: pairedDifferences(grids, { evidence, margin: margin / 100, seed, belongs: family }),
  }
}

/** What counts, where all instances' tasks call it the same. */
function metricOf(outcomes: readonly Outcome[]): string {
  const names = new Set(outcomes.map(({ metric = 'accuracy' }) => metric))
  return names.size === 1 ? [...names][0] : 'score'
}

function keyOf({ contender, instance, seed }: Pick<Outcome, 'contender' | 'instance' | 'seed'>): string {
  return JSON.stringify([contender, instance, seed])
}

type Result = Omit<ContenderResult, 'onFront' | 'onLearnedFront' | 'regret' | 'remarks'>

function resultOf(
  contender: Contender,
  grid: OutcomeGrid,
  {
    evidence,
    seed,
    policies,
  }: { evidence: Evidence; seed: number; policies: ReadonlyMap<string, PolicyFile> },
): Result {
  const { id, kind } = contender
  const outcomes = grid.flat()
  const over = (figure: (outcome: Outcome) => number) => mean(outcomes.map(figure))
  const primary = infer(evidence.unit, PRIMARY, grid, () => Rng.of(seed, 'study', id))
  const totalCost = over(({ total, budgetFlops }) => total.flops / budgetFlops)
  const learning = contender.policy === undefined ? undefined : policies.get(contender.policy)?.cost
  return {
    id,
    kind: kind === 'rates' ? 'schedule' : kind,
    primary: primary.mean,
    primaryInterval: intervalOf(primary),
    iqm: interquartileMean(outcomes.map(outcome => outcome.primary)),
    loss: over(({ loss }) => loss),
    byInstance: grid.map(row => mean(row.map(outcome => outcome.primary))),
    runCost: over(({ flops, budgetFlops }) => flops / budgetFlops),
    totalCost,
    totalFlops: over(({ total }) => total.flops),
    seconds: over(({ total }) => total.seconds),
    learnedCost: totalCost + over(({ budgetFlops }) => (learning?.flops ?? 0) / budgetFlops),
    ...(learning !== undefined && { learning }),
    ...updatesOf(outcomes),
  }
}

function onFront(result: Result, all: readonly Result[], cost: (result: Result) => number): boolean {
  return !all.some(
    other =>
      cost(other) <= cost(result) &&
      other.primary >= result.primary &&
      (cost(other) < cost(result) || other.primary > result.primary),
  )
}

/** The same settings from the first step to the last; of schedules that don't ship nobody knows. */
function isStatic(name: string): boolean {
  const schedule = BASELINES[name as BaselineName] as Schedule | undefined
  return schedule !== undefined && schedule.changes !== true && schedule.fromScratch !== true
}

/** Of agents: how often each learned, over all instances. */
function updatesOf(outcomes: readonly Outcome[]): Pick<ContenderResult, 'updates'> {
  const sums: Record<string, number> = {}
  for (const { updates = {} } of outcomes)
    for (const [agent, count] of Object.entries(updates)) sums[agent] = (sums[agent] ?? 0) + count
  return Object.keys(sums).length === 0 ? {} : { updates: sums }
}

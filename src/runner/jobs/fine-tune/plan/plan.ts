import { type Schedule, trialAt } from '../../../../agents/schedules/schedule.ts'
import { rateLimits } from '../../../../envs/finetune/actions.ts'
import type { WholeConfig } from '../../../instances/config.ts'
import { SEARCH_SEEDS, triesLonger } from '../../../instances/schedule-search.ts'
import type { PerKind, Phase, Range, Runs } from '../../../runs/phase.ts'
import { secondsOf } from '../../../runs/phase.ts'
import { probeSteps, stepsOf, testSteps, type Workload } from './workload.ts'

export interface PlannedRuns extends Runs {
  /** The steps of one run: of the cheapest that it may be, and of the dearest. */
  readonly steps: readonly [PerKind, ...PerKind[]]
  /** By how much a run may be dearer than its steps say. */
  readonly factor: number
}

/** All that a run will do, in order: baselines are searched, agents learn, final runs are compared. */
export function planOf(config: WholeConfig, work: Workload): readonly PlannedRuns[] {
  const { baselines } = config
  return [
    ...baselines.map(name => searchOf(name, config, work)),
    episodesOf(config, work),
    policyRunsOf(config, work),
    ...baselines.map(name => finalsOf(name, config, work)),
  ]
}

/** What each part takes where a step of each kind takes so many seconds. */
export function estimate(plan: readonly PlannedRuns[], seconds: PerKind): readonly Phase[] {
  return plan.map(({ steps, factor, ...runs }) => {
    const each = steps.map(counts => secondsOf(counts, seconds))
    return { ...runs, seconds: { least: Math.min(...each), most: factor * Math.max(...each) } }
  })
}

/** See `searchSchedule`: three rates at least, more towards the better side; the best two again; twice the budget once. */
function searchOf(name: string, config: WholeConfig, work: Workload): PlannedRuns {
  const schedule = work.schedule(name)
  const planned = { part: 'searches', of: name, solved: schedule.solved === true, factor: 1 } as const
  if (schedule.solved) return { ...planned, runs: exactly(1), steps: [probeSteps(work)] }
  const ratesOf = (reach: number) => Math.min(config.baselineRates, ratesWithin(schedule, config, reach))
  const again = (rates: number) => (rates > 1 ? Math.min(2, rates) * (SEARCH_SEEDS - 1) : 0)
  const longer = triesLonger(schedule, config.baselineRates) ? 2 : 0
  const runsOf = (rates: number) => rates + again(rates) + longer
  return {
    ...planned,
    runs: { least: runsOf(ratesOf(1)), most: runsOf(ratesOf(config.baselineRates)) },
    steps: [stepsOf({ ...kindOf(schedule, config), test: false }, config, work)],
  }
}

/** With the greedy run after them. */
function episodesOf(config: WholeConfig, work: Workload): PlannedRuns {
  const episodes = config.policy === undefined ? config.episodes : 0
  const runs = { least: episodes + 1, most: episodes + 1 + (work.needsBaseline ? 1 : 0) }
  const steps = policySteps(config, work, false)
  return { part: 'episodes', of: 'policy', solved: false, runs, steps, factor: 1 + work.replays }
}

function policyRunsOf(config: WholeConfig, work: Workload): PlannedRuns {
  const steps = policySteps(config, work, true)
  return {
    part: 'final runs',
    of: 'policy',
    solved: false,
    runs: exactly(config.baselineSeeds),
    steps,
    factor: 1,
  }
}

/** Twice the budget too, where that was found to be worth it. */
function finalsOf(name: string, config: WholeConfig, work: Workload): PlannedRuns {
  const schedule = work.schedule(name)
  const { baselineSeeds: seeds, baselineRates } = config
  const planned = { part: 'final runs', of: name, solved: schedule.solved === true, factor: 1 } as const
  if (schedule.solved) return { ...planned, runs: exactly(seeds), steps: [testSteps(work)] }
  return {
    ...planned,
    runs: { least: seeds, most: seeds * (triesLonger(schedule, baselineRates) ? 3 : 1) },
    steps: [stepsOf({ ...kindOf(schedule, config), test: true }, config, work)],
  }
}

/** An agent may train the head alone, everything, or anything between. */
function policySteps(config: WholeConfig, work: Workload, test: boolean) {
  const steps = (head: boolean) => stepsOf({ head, statistics: true, test }, config, work)
  return [steps(true), steps(false)] as const
}

function kindOf(schedule: Schedule, { learningRate }: WholeConfig) {
  return {
    head: schedule.trial(rateLimits(learningRate)).rate === 0,
    statistics: schedule.probed === true,
  }
}

/** How many rates an agent may reach: the schedule's own, and those up to three to the power of `reach` away. */
function ratesWithin(schedule: Schedule, { learningRate }: WholeConfig, reach: number): number {
  const limits = rateLimits(learningRate)
  const exponents = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach)
  return exponents.filter(exponent => trialAt(schedule, exponent, limits) !== undefined).length
}

const exactly = (count: number): Range => ({ least: count, most: count })

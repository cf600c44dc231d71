import type { WholeConfig } from '../../../instances/config.ts'
import { controlOf } from '../../../instances/control.ts'
import type { Composition } from '../../../instances/instance.ts'
import { episodesPerUpdate } from '../../../play/control.ts'
import type { Clock } from '../../../play/roles.ts'
import type { RunEvent } from '../../../runs/events.ts'
import { ONE_EACH, type PerKind, type Phase, totalOf } from '../../../runs/phase.ts'
import { fitInto } from './fit.ts'
import { after, type Ended, endedRun } from './left.ts'
import { measureSteps } from './measure.ts'
import { estimate, type PlannedRuns, planOf } from './plan.ts'
import { workloadOf } from './workload.ts'

/** A run of fewer steps than this is over before they have been measured well. */
const FEW_STEPS = 300

interface PlanHooks {
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * Measures steps and says what the run will do and how long that takes; with `minutes`, fits it into them first.
 * @returns what to run, its configuration without `minutes`: so it is the same run when it is taken up again; what to tell
 * @throws input error where the minutes are too few
 */
export async function planned(
  composition: Composition,
  hooks: PlanHooks,
): Promise<{ readonly composition: Composition; readonly events: readonly RunEvent[] }> {
  const { minutes, ...asked } = composition.config
  const work = workloadOf(composition)
  const seconds = await measured(composition, planOf(asked, work), hooks)
  const phasesOf = (config: WholeConfig) => estimate(planOf(config, work), seconds)
  if (minutes === undefined)
    return { composition, events: [planEvent(phasesOf(asked), seconds, composition)] }
  const agents = composition.createAgents()
  const { config, said } = fitInto(minutes, asked, {
    seconds: own => totalOf(phasesOf(own)).most,
    perUpdate({ budgetSteps }) {
      const derived = composition.derive({ budgetSteps })
      return episodesPerUpdate(controlOf(derived, agents), derived.worlds[0])
    },
  })
  const { episodes, baselineRates, baselines, budgetSteps } = config
  const fitted = composition.derive({ minutes: undefined, episodes, baselineRates, baselines, budgetSteps })
  const notices = said.map(message => ({ type: 'notice', message }) as const)
  return { composition: fitted, events: [...notices, planEvent(phasesOf(config), seconds, composition)] }
}

/** What is left of a run that was interrupted; all of it, where nothing of it was saved. */
export async function plannedRest(
  composition: Composition,
  done: { readonly runs: readonly string[]; readonly episodes: number } | undefined,
  hooks: PlanHooks,
): Promise<RunEvent> {
  const plan = planOf(composition.config, workloadOf(composition))
  const seconds = await measured(composition, plan, hooks)
  const phases = estimate(plan, seconds)
  if (done === undefined) return planEvent(phases, seconds, composition)
  const ended = done.runs.map(endedRun)
  const isSearch = ({ part }: Ended) => part === 'searches'
  const episode: Ended = { part: 'episodes', of: 'policy', budgets: 1 }
  const inOrder = [
    ...ended.filter(isSearch),
    ...new Array<Ended>(done.episodes).fill(episode),
    ...ended.filter(each => !isSearch(each)),
  ]
  return { ...planEvent(inOrder.reduce(after, phases), seconds, composition), resumed: true }
}

function measured(
  composition: Composition,
  plan: readonly PlannedRuns[],
  hooks: PlanHooks,
): Promise<PerKind> {
  const isShort = totalOf(estimate(plan, ONE_EACH)).most < FEW_STEPS
  return measureSteps(composition, { ...hooks, once: composition.config.minutes === undefined && isShort })
}

function planEvent(phases: readonly Phase[], seconds: PerKind, { task }: Composition) {
  const { metric } = task
  return { type: 'plan', phases, seconds: totalOf(phases), steps: { seconds }, metric } as const
}

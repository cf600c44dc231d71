import { MINIMUM_SEEDS } from '../../inference/inference.ts'
import { scheduleLabel } from '../../report/words.ts'
import { parseRemedy } from './command-line.ts'
import { higherAccuracy } from './compare.ts'
import { inQuestion, type Rival, rivalsOf } from './rivals.ts'
import type { FineTuneSummary } from './summary.ts'

/** One thing to do after a run: use its model, or run again with some settings changed. */
export interface NextStep {
  readonly kind: 'use' | 'again'
  readonly why: string
  /** Settings by name; none to use the model. */
  readonly changes: Readonly<Record<string, unknown>>
}

/** The first that applies: what may give a better model, then what the comparison lacks, then using the model. */
export function nextStep(summary: FineTuneSummary): NextStep {
  const rivals = rivalsOf(summary)
  return towardsBetter(summary, rivals) ?? toCompare(summary, rivals) ?? otherModel(summary, rivals) ?? USE
}

const USE: NextStep = {
  kind: 'use',
  why: 'use it; put your own clips, or a folder of them, last',
  changes: {},
}

function towardsBetter(summary: FineTuneSummary, rivals: readonly Rival[]): NextStep | undefined {
  // What the model is of, then what everything is compared with.
  const own = rivals.filter(({ name }) => name === summary.chosen.from)
  for (const rival of [...own, ...rivals.slice(0, 1)]) {
    const caveats = rival.schedule.caveats.filter(({ remedy }) => remedy !== undefined)
    if (caveats.length === 0) continue
    const why = `give ${rival.label} its chance (${caveats.map(({ text }) => text).join('; ')})`
    return { kind: 'again', why, changes: remediesOf([rival]) }
  }
  const [low] = summary.test.interval
  const steps = Number(summary.config.budgetSteps)
  if (low > summary.task.guessing || !(steps > 0)) return undefined
  const why =
    summary.data.classes === undefined
      ? 'it is not clearly better than guessing; train longer, and see whether the labels can be told from the clips'
      : 'it is not clearly better than guessing; train longer, and see whether the classes can be told apart'
  return { kind: 'again', why, changes: { budgetSteps: 2 * steps } }
}

function toCompare(summary: FineTuneSummary, rivals: readonly Rival[]): NextStep | undefined {
  const [best] = rivals
  if (best === undefined || summary.behaviour.schedule !== undefined) return undefined
  if (best.comparison.seeds < MINIMUM_SEEDS)
    return { kind: 'again', why: 'for a comparison, more seeds', changes: { baselineSeeds: 5 } }
  if (!higherAccuracy(best.comparison)) return undefined
  const [first, ...others] = inQuestion(rivals, summary.policy).filter(({ schedule }) =>
    schedule.caveats.some(({ remedy }) => remedy !== undefined),
  )
  if (first === undefined) return undefined
  const changes = remediesOf([first, ...others])
  return { kind: 'again', why: `before a gain is claimed, ${first.label} needs its chance`, changes }
}

/** Where runs that were compared and the model that was kept say different things. */
function otherModel(
  { chosen, config, verdict }: FineTuneSummary,
  rivals: readonly Rival[],
): NextStep | undefined {
  if (config.keep !== undefined) return undefined
  const beaten = rivals.find(
    ({ comparison: { verdict: said, accuracyDifference } }) => said === 'worse' && accuracyDifference < 0,
  )
  if (chosen.from === 'policy' && beaten !== undefined) {
    const changes = { keep: beaten.name, baselines: [beaten.name], episodes: 0 }
    const why = `over seeds ${beaten.label} does better than the policy; its model`
    return { kind: 'again', why, changes }
  }
  const better = rivals.some(
    ({ name, comparison }) => name === chosen.from && comparison.verdict === 'better',
  )
  if (verdict.outcome !== 'yes' || !better) return undefined
  const why = `over seeds the learned policy does better than ${scheduleLabel(chosen.from)}; its model`
  return { kind: 'again', why, changes: { keep: 'policy' } }
}

/** What several caveats ask for, the most of each. */
function remediesOf(rivals: readonly Rival[]): Readonly<Record<string, unknown>> {
  const changes: Record<string, number> = {}
  for (const { remedy } of rivals.flatMap(({ schedule }) => schedule.caveats)) {
    if (remedy === undefined) continue
    const { name, value } = parseRemedy(remedy)
    changes[name] = Math.max(changes[name] ?? 0, value)
  }
  return changes
}

import { BASELINES } from '../../agents/schedules/baselines.ts'
import type { Schedule } from '../../agents/schedules/schedule.ts'
import { Rng } from '../../common/random.ts'
import type { PolicyCost, PolicyFile } from '../policy.ts'
import { type Interval, interquartileMean, mean, pairedBootstrap } from '../statistics.ts'
import type { Contender, StudyConfig } from './config.ts'
import type { Outcome } from './outcome.ts'

/** What `layergym study` answers; in its folder's summary.json too. */
export interface StudySummary {
  readonly dir: string
  readonly instances: readonly string[]
  readonly seeds: readonly number[]
  readonly reference: string
  readonly contenders: readonly ContenderResult[]
  /** Of every ordered pair. */
  readonly differences: readonly PairedDifference[]
}

export interface ContenderResult {
  readonly id: string
  readonly kind: 'schedule' | 'policy' | 'search' | 'agent'
  /** Test accuracy, mean over instances and seeds. */
  readonly accuracy: number
  readonly accuracyInterval: Interval
  /** Interquartile mean over instances and seeds (Agarwal et al. 2021). */
  readonly iqm: number
  readonly loss: number
  /** Mean over seeds, by instance in order. */
  readonly byInstance: readonly number[]
  /** Of one run, as a share of the budget: the FLOPs of full fine-tuning. */
  readonly runCost: number
  /** Of everything done on the instance, in budgets. */
  readonly totalCost: number
  readonly totalFlops: number
  readonly seconds: number
  /**
   * How far below the best static schedule of each instance, in accuracy, mean over instances. That schedule is the one
   * with the highest mean test accuracy: known in hindsight only.
   */
  readonly regret?: number
  /** No other is at least as accurate for fewer FLOPs. */
  readonly onFront: boolean
  /** Of the policy, once for all instances, on others. */
  readonly learning?: PolicyCost
  readonly updates?: Readonly<Record<string, number>>
}

export interface PairedDifference {
  readonly of: string
  readonly from: string
  /** Of test accuracy, paired by instance and seed; instances and seeds are both resampled. */
  readonly accuracy: number
  readonly accuracyInterval: Interval
  readonly loss: number
  readonly lossInterval: Interval
  /** Share of instances and seeds on which `of` is better; ties count half. */
  readonly probabilityOfImprovement: number
  readonly verdict: 'better' | 'worse' | 'undecided'
}

/** Fewer seeds than that support no claim. */
export const MINIMUM_STUDY_SEEDS = 5

/** @param outcomes one of every contender on every instance with every seed */
export function summarizeStudy(
  dir: string,
  config: Pick<StudyConfig, 'reference' | 'seed'>,
  contenders: readonly Contender[],
  outcomes: readonly Outcome[],
  policies: ReadonlyMap<string, PolicyFile>,
): StudySummary {
  const instances = [...new Set(outcomes.map(({ instance }) => instance))]
  const seeds = [...new Set(outcomes.map(({ seed }) => seed))]
  const found = new Map(outcomes.map(outcome => [keyOf(outcome), outcome]))
  /** [seeds][instances] */
  const grid = (contender: string, of: (outcome: Outcome) => number) =>
    seeds.map(seed =>
      instances.map(instance => of(found.get(keyOf({ contender, instance, seed })) as Outcome)),
    )
  const byInstance = (contender: string) => {
    const rows = grid(contender, ({ accuracy }) => accuracy)
    return instances.map((_, i) => mean(rows.map(row => row[i])))
  }
  const statics = contenders.filter(
    ({ schedule, rates }) => rates !== undefined || (schedule !== undefined && isStatic(schedule)),
  )
  const best = instances.map((_, i) => Math.max(...statics.map(({ id }) => byInstance(id)[i])))
  const results = contenders.map((contender): Omit<ContenderResult, 'onFront'> => {
    const { id } = contender
    const of = (figure: (outcome: Outcome) => number) => mean(grid(id, figure).flat())
    const accuracies = grid(id, ({ accuracy }) => accuracy)
    const { mean: accuracy, interval } = pairedBootstrap(accuracies, Rng.of(config.seed, 'study', id))
    const means = byInstance(id)
    return {
      id,
      kind: contender.kind === 'rates' ? 'schedule' : contender.kind,
      accuracy,
      accuracyInterval: interval,
      iqm: interquartileMean(accuracies.flat()),
      loss: of(({ loss }) => loss),
      byInstance: means,
      runCost: of(({ flops, budgetFlops }) => flops / budgetFlops),
      totalCost: of(({ total, budgetFlops }) => total.flops / budgetFlops),
      totalFlops: of(({ total }) => total.flops),
      seconds: of(({ total }) => total.seconds),
      ...(statics.length > 0 && { regret: mean(means.map((value, i) => best[i] - value)) }),
      ...(contender.policy !== undefined && { learning: policies.get(contender.policy)?.cost }),
      ...updatesOf(outcomes.filter(outcome => outcome.contender === id)),
    }
  })
  const pairs = contenders.flatMap(({ id: of }) =>
    contenders.filter(({ id }) => id !== of).map(({ id: from }) => ({ of, from })),
  )
  return {
    dir,
    instances,
    seeds,
    reference: config.reference ?? contenders[0].id,
    contenders: results.map(result => ({
      ...result,
      onFront: !results.some(
        other =>
          other.totalFlops <= result.totalFlops &&
          other.accuracy >= result.accuracy &&
          (other.totalFlops < result.totalFlops || other.accuracy > result.accuracy),
      ),
    })),
    differences: pairs.map(({ of, from }) => {
      const minus = (figure: (outcome: Outcome) => number) => {
        const [a, b] = [grid(of, figure), grid(from, figure)]
        return a.map((row, i) => row.map((value, j) => value - b[i][j]))
      }
      const accuracies = minus(({ accuracy }) => accuracy)
      const accuracy = pairedBootstrap(accuracies, Rng.of(config.seed, 'study', of, from))
      const loss = pairedBootstrap(
        minus(outcome => outcome.loss),
        Rng.of(config.seed, 'study loss', of, from),
      )
      return {
        of,
        from,
        accuracy: accuracy.mean,
        accuracyInterval: accuracy.interval,
        loss: loss.mean,
        lossInterval: loss.interval,
        probabilityOfImprovement: mean(accuracies.flat().map(value => (1 + Math.sign(value)) / 2)),
        verdict: judge(accuracy.interval, seeds.length),
      }
    }),
  }
}

function keyOf({ contender, instance, seed }: Pick<Outcome, 'contender' | 'instance' | 'seed'>): string {
  return JSON.stringify([contender, instance, seed])
}

function judge([low, high]: Interval, seeds: number): PairedDifference['verdict'] {
  if (seeds < MINIMUM_STUDY_SEEDS) return 'undecided'
  return low > 0 ? 'better' : high < 0 ? 'worse' : 'undecided'
}

/** The same settings from the first step to the last. */
function isStatic(name: keyof typeof BASELINES): boolean {
  const schedule: Schedule = BASELINES[name]
  return schedule.changes !== true && schedule.fromScratch !== true
}

/** Of agents: how often each learned, over all instances. */
function updatesOf(outcomes: readonly Outcome[]): Pick<ContenderResult, 'updates'> {
  const sums: Record<string, number> = {}
  for (const { updates = {} } of outcomes)
    for (const [agent, count] of Object.entries(updates)) sums[agent] = (sums[agent] ?? 0) + count
  return Object.keys(sums).length === 0 ? {} : { updates: sums }
}

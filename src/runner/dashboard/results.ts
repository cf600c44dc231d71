import type { Estimate, MatrixSummary } from '../jobs/benchmark/matrix/summary.ts'
import type { BenchmarkSummary } from '../jobs/benchmark/summary.ts'
import type { FineTuneSummary } from '../jobs/fine-tune/summary.ts'
import type { LearnPolicySummary } from '../jobs/learn-policy/summary.ts'
import type { StudySummary } from '../jobs/study/summary.ts'
import type { TabulateSummary } from '../jobs/tabulate/summary.ts'
import type { TrainSummary } from '../jobs/train/summary.ts'
import { decimal, duration, flops, integer, percent, plural, scheduleLabel } from '../report/words.ts'
import { type Fact, figure, type Table, words } from './view.ts'

/** What a finished run came to, by its summary.json. */
export interface Results {
  readonly facts: readonly Fact[]
  readonly tables: readonly Table[]
  readonly verdict?: string
  /** Names of layer groups, where it has some. */
  readonly groups: readonly string[]
  readonly failed: number
}

/**
 * Undefined for what is no summary. One of a kind that isn't known, or of another version, has no results of its own.
 * @param text of a summary.json
 */
export function resultsOf(kind: string, text: string): Results | undefined {
  const summary = objectIn(text)
  if (summary === undefined) return undefined
  const { failed, hash } = summary as { readonly failed?: unknown; readonly hash?: unknown }
  const { facts = [], ...own } = ownResults(kind, summary)
  const shown = typeof hash === 'string' ? [{ label: 'hash', value: words(hash.slice(0, 16)) }] : []
  const failures = Array.isArray(failed) ? failed.length : 0
  return { tables: [], groups: [], failed: failures, ...own, facts: [...facts, ...shown] }
}

function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function ownResults(kind: string, summary: object): Partial<Results> {
  try {
    return Object.hasOwn(BY_KIND, kind) ? BY_KIND[kind](summary as never) : {}
  } catch {
    return {}
  }
}

type OfKind = (summary: never) => Partial<Results>

/** What each is given is a summary of its kind. */
const BY_KIND: Readonly<Record<string, OfKind>> = {
  'fine-tune': fineTuned,
  'learn-policy': learned,
  study: studied,
  tabulate: tabulated,
  train: trained,
  benchmark: benchmarked,
}

function fineTuned({
  test,
  task,
  policy,
  baselines,
  spent,
  verdict,
  groups,
}: FineTuneSummary): Partial<Results> {
  const rows = [['learned policy', policy] as const, ...Object.entries(baselines)]
  return {
    verdict: verdict.headline,
    groups: groups.map(({ name }) => name),
    facts: [
      { label: `test ${task.metric}`, value: figure(test.primary, percent) },
      { label: 'test loss', value: figure(test.loss, decimal) },
      { label: 'spent', value: figure(spent.flops, flops) },
      { label: 'time', value: figure(spent.seconds, duration) },
    ],
    tables: [
      {
        caption: 'On the test split, mean over seeds',
        head: ['', task.metric, 'loss', 'FLOPs a run', 'everything', 'time'],
        rows: rows.map(([name, schedule]) => [
          words(`${scheduleLabel(name)}${schedule.caveats.length > 0 ? ' (has a caveat)' : ''}`),
          figure(schedule.primary, percent),
          figure(schedule.loss, decimal),
          figure(schedule.flops, flops),
          figure(schedule.total.flops, flops),
          figure(schedule.total.seconds, duration),
        ]),
      },
    ],
  }
}

function learned({ agent, control, instances, cost, updates }: LearnPolicySummary): Partial<Results> {
  const counts = Object.entries(updates).map(([name, count]) => `${name} ${integer(count)}`)
  return {
    verdict: `${agent}, ${control} control, learned on ${plural(instances.length, 'instance')}`,
    facts: [
      { label: 'episodes', value: figure(cost.episodes, integer) },
      { label: 'updates', value: words(counts.join(', ')) },
      { label: 'spent', value: figure(cost.flops, flops) },
    ],
  }
}

function studied({
  contenders,
  metric,
  instances,
  seeds,
  evidence,
  reference,
}: StudySummary): Partial<Results> {
  const ranked = [...contenders].sort((a, b) => b.primary - a.primary)
  return {
    verdict: evidence.tooLittle ?? `Compared with ${reference}: what is claimed stands in the report.`,
    facts: [
      { label: 'instances', value: figure(instances.length, integer) },
      { label: 'seeds', value: figure(seeds.length, integer) },
    ],
    tables: [
      {
        caption: `Test ${metric}, mean over instances and seeds; cost in budgets`,
        head: ['', metric, '95 % interval', 'IQM', 'loss', 'one run', 'everything'],
        rows: ranked.map(({ id, primary, primaryInterval, iqm, loss, runCost, totalCost }) => [
          words(id),
          figure(primary, percent),
          interval(primaryInterval, percent),
          figure(iqm, percent),
          figure(loss, decimal),
          figure(runCost, value => decimal(value, 2)),
          figure(totalCost, value => decimal(value, 2)),
        ]),
      },
    ],
  }
}

function tabulated({ best, players, metric, runs, rounds, flops: spent }: TabulateSummary): Partial<Results> {
  return {
    verdict: `The best return: ${best[0].choices.join(', ')}`,
    facts: [
      { label: 'runs', value: figure(runs, integer) },
      { label: 'rounds', value: figure(rounds, integer) },
      { label: 'spent', value: figure(spent, flops) },
    ],
    tables: [
      {
        caption: 'Ways to choose',
        head: ['', 'return', 'regret', `test ${metric}`],
        rows: players.map(({ name, return: sum, regret, test }) => [
          words(name),
          figure(sum, decimal),
          figure(regret, decimal),
          figure(test.primary, percent),
        ]),
      },
    ],
  }
}

function trained(summary: TrainSummary): Partial<Results> {
  const { env, agent, evaluation, settings, best, steps, seconds } = summary
  const { meanReturn, stdReturn, episodes } = evaluation
  const threshold = settings.rewardThreshold
  return {
    ...(typeof threshold === 'number' && {
      verdict: `${env} counts as solved from ${threshold} on: ${meanReturn >= threshold ? 'solved' : 'not solved'} by ${agent} (${plural(episodes, 'greedy episode')}).`,
    }),
    facts: [
      {
        label: 'greedy return',
        value: { text: `${twoDigits(meanReturn)} ± ${twoDigits(stdReturn)}`, exact: meanReturn },
      },
      ...(best === undefined
        ? []
        : [{ label: 'best on the way', value: figure(best.meanReturn, twoDigits) }]),
      { label: 'steps', value: figure(steps, integer) },
      { label: 'episodes', value: figure(summary.episodes, integer) },
      { label: 'updates', value: figure(summary.updates, integer) },
      { label: 'steps/s', value: figure(summary.stepsPerSecond, integer) },
      { label: 'time', value: figure(seconds, duration) },
    ],
  }
}

function benchmarked(summary: BenchmarkSummary | MatrixSummary): Partial<Results> {
  if ('environments' in summary) return overEnvironments(summary)
  const { env, steps, seeds, agents } = summary
  return {
    facts: [
      { label: 'environment', value: words(env) },
      { label: 'steps', value: figure(steps, integer) },
      { label: 'seeds', value: figure(seeds.length, integer) },
    ],
    tables: [
      {
        caption: 'Greedy return after training, over seeds',
        head: ['', 'mean', '95 % interval', 'IQM', 'solved', 'steps/s'],
        rows: agents.map(({ agent, runs, mean, interval: between, iqm, solved, stepsPerSecond }) => [
          words(agent),
          figure(mean, twoDigits),
          interval(between, twoDigits),
          figure(iqm, twoDigits),
          words(solved === undefined ? '-' : `${solved} of ${runs.length}`),
          figure(stepsPerSecond, integer),
        ]),
      },
    ],
  }
}

function overEnvironments({ environments, steps, seeds, aggregates }: MatrixSummary): Partial<Results> {
  const estimate = ({ value, interval: between }: Estimate) => [
    figure(value, twoDigits),
    interval(between, twoDigits),
  ]
  return {
    facts: [
      { label: 'environments', value: words(environments.map(({ env }) => env).join(', ')) },
      { label: 'steps', value: figure(steps, integer) },
      { label: 'seeds', value: figure(seeds.length, integer) },
    ],
    tables: [
      {
        caption:
          'Scores of greedy returns, over environments and seeds: 0 and 1 are the references in the report',
        head: ['', 'IQM', '95 % interval', 'mean', '95 % interval', 'optimality gap', '95 % interval'],
        rows: aggregates.map(({ agent, interquartileMean, mean, optimalityGap }) => [
          words(agent),
          ...[interquartileMean, mean, optimalityGap].flatMap(estimate),
        ]),
      },
    ],
  }
}

function interval(between: readonly (number | null)[] | undefined, format: (value: number) => string) {
  const [low, high] = between ?? []
  return words(
    typeof low === 'number' && typeof high === 'number' ? `${format(low)} to ${format(high)}` : '-',
  )
}

const twoDigits = (value: number) => decimal(value, 2)

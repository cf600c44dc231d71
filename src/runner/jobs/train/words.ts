import { join } from 'node:path'
import Table from 'cli-table3'
import { duration, integer } from '../../report/words.ts'
import type { TrainSummary } from './summary.ts'

/** A training run's end for people. */
export function trainWords(summary: TrainSummary): string {
  const { evaluation, settings } = summary
  const table = new Table({
    head: [
      'environment',
      'agent',
      'seed',
      'steps',
      'episodes',
      'updates',
      'greedy return',
      'steps/s',
      'time',
    ],
    style: { head: [], border: [] },
  })
  table.push([
    summary.env,
    summary.agent,
    String(summary.seed),
    integer(summary.steps),
    integer(summary.episodes),
    integer(summary.updates),
    `${evaluation.meanReturn.toFixed(2)} ± ${evaluation.stdReturn.toFixed(2)}`,
    integer(summary.stepsPerSecond),
    duration(summary.seconds),
  ])
  const { rewardThreshold } = settings
  const solved =
    rewardThreshold === undefined
      ? []
      : [
          `${summary.env} counts as solved from ${rewardThreshold} on: ${evaluation.meanReturn >= rewardThreshold ? 'solved' : 'not solved'} (${evaluation.episodes} greedy episodes).`,
        ]
  return [
    table.toString(),
    ...solved,
    ...summary.notes,
    ...(summary.best === undefined
      ? []
      : [
          `best on the way: ${summary.best.meanReturn.toFixed(2)} at step ${integer(summary.best.step)}, ${summary.best.policy}`,
        ]),
    `policy: ${summary.policy}  (layergym evaluate --policy ${summary.policy})`,
    `report: ${join(summary.runDir, 'report.html')}`,
  ].join('\n')
}

import { join } from 'node:path'
import Table from 'cli-table3'
import type { Command } from 'commander'
import { trainSchema } from '../runner/jobs/train/config.ts'
import type { TrainSummary } from '../runner/jobs/train/summary.ts'
import { duration, integer } from '../runner/report/words.ts'
import type { Io } from './command.ts'
import { addRun } from './watched.ts'

/** `layergym train`: an agent learns in an environment, and is evaluated greedily at the end. */
export function trainCommand(program: Command, io: Io): void {
  const command = program
    .command('train')
    .description('let an agent learn in an environment, and evaluate what it learned')
  addRun(command, io, trainSchema, trainWords, async (settings, hooks) => {
    const { train } = await import('../runner/jobs/train/train.ts')
    return train(settings, hooks)
  })
}

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
    `policy: ${summary.policy}  (layergym evaluate --policy ${summary.policy})`,
    `report: ${join(summary.runDir, 'report.html')}`,
  ].join('\n')
}

import { join } from 'node:path'
import Table from 'cli-table3'
import type { Command } from 'commander'
import { studySchema } from '../runner/jobs/study/config.ts'
import { claimWords, evidenceWords } from '../runner/jobs/study/report-differences.ts'
import type { StudyResult } from '../runner/jobs/study/study.ts'
import { decimal, percent, plural, signed } from '../runner/report/words.ts'
import type { Io } from './command.ts'
import { addRun } from './watched.ts'

/** `layergym study`: schedules, policies, searches and agents on many instances, under one accounting of cost. */
export function studyCommand(program: Command, io: Io): void {
  const command = program
    .command('study')
    .description(
      'compare ways of fine-tuning (schedules, learned policies, searches, agents) on many instances',
    )
  addRun(command, io, studySchema, studyWords, async (settings, hooks) => {
    const { study } = await import('../runner/jobs/study/study.ts')
    return study(settings, hooks)
  })
}

/** A study's end for people. */
export function studyWords({ dir, done, of, summary }: StudyResult): string {
  if (summary === undefined) {
    return `${done} of ${plural(of, 'outcome')} are done; the rest is another shard's, or: layergym resume ${dir}`
  }
  const { contenders, differences, reference, instances, seeds, evidence } = summary
  const table = new Table({
    head: ['', 'accuracy', `points from ${reference}`, 'cost, in budgets', 'regret'],
    style: { head: [], border: [] },
  })
  for (const { id, accuracy, totalCost, regret } of [...contenders].sort((a, b) => b.accuracy - a.accuracy)) {
    const difference = differences.find(pair => pair.of === id && pair.from === reference)
    const [low, high] = difference?.accuracyInterval ?? [0, 0]
    table.push([
      id,
      percent(accuracy),
      difference === undefined
        ? '-'
        : `${signed(100 * difference.accuracy, 1)} (${signed(100 * low, 1)} to ${signed(100 * high, 1)}) ${claimWords(difference)}`,
      decimal(totalCost, 2),
      regret === undefined ? '-' : signed(100 * regret, 1),
    ])
  }
  return [
    `${plural(instances.length, 'instance')}, ${plural(seeds.length, 'seed')}`,
    table.toString(),
    evidence.tooLittle ?? evidenceWords(evidence),
    `report: ${join(dir, 'report.html')}`,
  ].join('\n')
}

import { join } from 'node:path'
import Table from 'cli-table3'
import { duration, flops, percent, scheduleLabel } from '../runner/report/format.ts'
import type { FineTuneSummary, ScheduleSummary } from '../runner/summary.ts'

/** A run's end for people: the table, the verdict, and where everything is. */
export function summaryWords(summary: FineTuneSummary): string {
  const table = new Table({
    head: ['', 'accuracy', 'seeds', 'loss', 'FLOPs a run', 'everything', 'time'],
    style: { head: [], border: [] },
  })
  const row = (name: string, schedule: ScheduleSummary) => [
    name,
    percent(schedule.accuracy),
    range(schedule),
    schedule.loss.toFixed(3),
    flops(schedule.flops),
    flops(schedule.total.flops),
    duration(schedule.total.seconds),
  ]
  table.push(row('learned policy', summary.policy))
  for (const [name, schedule] of Object.entries(summary.baselines))
    table.push(row(scheduleLabel(name), schedule))
  const { test, chosen } = summary
  const from = chosen.from === 'greedy' ? 'the greedy run' : `episode ${(chosen.episode ?? 0) + 1}`
  return [
    table.toString(),
    summary.verdict.text,
    ...summary.notes,
    `model:  ${summary.model} (${from}; test accuracy ${percent(test.accuracy)}, loss ${test.loss.toFixed(3)}, ${test.clips} clips)`,
    `report: ${join(summary.runDir, 'report.html')}`,
  ].join('\n')
}

function range({ perSeed }: ScheduleSummary): string {
  const values = perSeed.map(seed => seed.accuracy)
  return values.length < 2 ? '' : `${percent(Math.min(...values))}–${percent(Math.max(...values))}`
}

import { join, relative } from 'node:path'
import Table from 'cli-table3'
import type { ScheduleSummary } from '../../instances/scores.ts'
import { duration, flops, percent, scheduleLabel } from '../../report/words.ts'
import { type Ending, endingOf } from './ending.ts'
import type { FineTuneSummary } from './summary.ts'

/** A run's end for people: the table, the verdict, notes; and last what they have, what it cost, what to do next. */
export function fineTuneWords(summary: FineTuneSummary): string {
  const table = new Table({
    head: ['', summary.task.metric, 'seeds', 'FLOPs a run', 'everything', 'time'],
    style: { head: [], border: [], compact: true },
  })
  const row = (name: string, schedule: ScheduleSummary) => [
    `${name}${schedule.caveats.length > 0 ? ' *' : ''}`,
    percent(schedule.primary),
    range(schedule),
    flops(schedule.flops),
    flops(schedule.total.flops),
    duration(schedule.total.seconds),
  ]
  table.push(row('learned policy', summary.policy))
  for (const [name, schedule] of Object.entries(summary.baselines))
    table.push(row(scheduleLabel(name), schedule))
  const marked = [summary.policy, ...Object.values(summary.baselines)].some(
    ({ caveats }) => caveats.length > 0,
  )
  return [
    table.toString(),
    ...(marked ? ['* has a caveat: see the notes and the report'] : []),
    summary.verdict.text,
    ...summary.notes.map(note => `note: ${note}`),
    `report: ${nearby(join(summary.runDir, 'report.html'))}`,
    '',
    ...endingLines(endingOf(summary, nearby)),
  ].join('\n')
}

function endingLines({ have, cost, next, command }: Ending): readonly string[] {
  return [
    `You have: ${have}`,
    `It cost:  ${cost}`,
    `Next:     ${next}${command === undefined ? '' : ` ${command}`}`,
  ]
}

/** From where the command runs, where that is shorter. */
function nearby(path: string): string {
  const near = relative(process.cwd(), path)
  return near !== '' && near.length < path.length ? near : path
}

function range({ perSeed, solved }: ScheduleSummary): string {
  if (solved) return 'solved, no seed'
  const values = perSeed.map(seed => seed.primary)
  return values.length < 2 ? '' : `${percent(Math.min(...values))}–${percent(Math.max(...values))}`
}

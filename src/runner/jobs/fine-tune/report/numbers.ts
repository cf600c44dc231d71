import type { Figures, ScheduleSummary } from '../../../instances/scores.ts'
import { type Html, html, table } from '../../../report/html.ts'
import {
  decimal,
  duration,
  flops,
  plural,
  type Shown,
  scheduleLabel,
  shownFigures,
} from '../../../report/words.ts'
import type { FineTuneSummary } from '../summary.ts'
import { costChart, type LabelledSchedule } from './cost.ts'

/** The learned policy beside every baseline, on the test split, with what each cost and what stands against it. */
export function numbersSection(summary: FineTuneSummary): Html {
  const schedules = schedulesOf(summary)
  const metrics = shownFigures(summary.task)
  return html`<section><h2>The numbers</h2>${table({
    caption: `Test split, ${plural(summary.test.clips, 'clip')}. Means over seeds, and from the lowest seed to the highest. “Everything” is each schedule’s own search and all its seeds.`,
    head: [
      '',
      ...metrics.map(({ name, unit }) => (unit === '' ? name : `${name}, ${unit}`)),
      'loss',
      'one run',
      'everything',
      'seeds',
    ],
    strong: 0,
    rows: schedules.flatMap(({ label, schedule }) => [
      [
        named(label, schedule),
        ...metrics.map(({ of, format }) => ranged(schedule, of, format)),
        ranged(schedule, run => run.loss, decimal),
        priced(schedule),
        priced(schedule.total),
        schedule.solved ? 'solved, no seed' : String(schedule.perSeed.length),
      ],
      ...ownBestRow(label, schedule, metrics),
    ]),
  })}${Object.keys(summary.baselines).length === 0 ? html`<p>No baseline was run.</p>` : costChart(schedules, summary.task.metric)}</section>`
}

/** With what stands against its figures. */
function named(label: string, { caveats }: ScheduleSummary): Html {
  const notes = caveats.map(({ text }) => html`<span class="range">${text}</span>`)
  return html`${label}${notes}`
}

/** With what it needs to converge, as far as that is known. */
function ownBestRow(
  label: string,
  { ownBest, perSeed }: ScheduleSummary,
  metrics: readonly Shown<Figures>[],
): string[][] {
  if (ownBest === undefined) return []
  const own = metrics.map(({ of, format }) => format(of(ownBest)))
  const figures = [...own, decimal(ownBest.loss), flops(ownBest.flops), '', String(perSeed.length)]
  return [[`${label}, twice the budget`, ...figures]]
}

function schedulesOf(summary: FineTuneSummary): LabelledSchedule[] {
  const baselines = Object.entries(summary.baselines).map(([name, schedule]) => ({
    label: scheduleLabel(name),
    schedule,
  }))
  return [{ label: 'learned policy', schedule: summary.policy }, ...baselines]
}

type Run = ScheduleSummary['perSeed'][number]

function ranged(
  { perSeed, solved }: ScheduleSummary,
  of: (run: Run) => number,
  format: (value: number) => string,
): Html {
  const values = perSeed.map(of)
  if (values.length === 0) return html`none`
  const centre = values.reduce((sum, value) => sum + value, 0) / values.length
  const low = format(Math.min(...values)).replace(' %', '')
  const range =
    values.length > 1 && !solved
      ? html`<span class="range">${low}–${format(Math.max(...values))}</span>`
      : html``
  return html`${format(centre)}${range}`
}

function priced(cost: { readonly flops: number; readonly seconds: number }): Html {
  return html`${flops(cost.flops)}<span class="range">${duration(cost.seconds)}</span>`
}

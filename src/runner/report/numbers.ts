import type { FineTuneSummary, ScheduleSummary } from '../summary.ts'
import { costChart, type LabelledSchedule } from './cost.ts'
import { decimal, duration, flops, percent, plural, scheduleLabel } from './format.ts'
import { type Html, html, table } from './html.ts'

/** The learned policy beside every baseline, on the test split, with what each cost. */
export function numbersSection(summary: FineTuneSummary): Html {
  const schedules = schedulesOf(summary)
  return html`<section><h2>The numbers</h2>${table({
    caption: `Test split, ${plural(summary.test.clips, 'clip')}. Means over seeds, and from the lowest seed to the highest. “Everything” is each schedule’s own search and all its seeds.`,
    head: ['', 'accuracy', 'balanced accuracy', 'loss', 'one run', 'everything', 'seeds'],
    strong: 0,
    rows: schedules.map(({ label, schedule }) => [
      label,
      ranged(schedule, run => run.accuracy, percent),
      ranged(schedule, run => run.balancedAccuracy, percent),
      ranged(schedule, run => run.loss, decimal),
      priced(schedule),
      priced(schedule.total),
      String(schedule.perSeed.length),
    ]),
  })}
<p>The model that ships, ${shippedFrom(summary)}, has test accuracy ${percent(summary.test.accuracy)}, balanced accuracy ${percent(summary.test.balancedAccuracy)} and loss ${decimal(summary.test.loss)}. It was chosen on the reward split (loss ${decimal(summary.chosen.rewardLoss)} there).</p>
${Object.keys(summary.baselines).length === 0 ? html`<p>No baseline was run.</p>` : costChart(schedules)}</section>`
}

function schedulesOf(summary: FineTuneSummary): LabelledSchedule[] {
  const baselines = Object.entries(summary.baselines).map(([name, schedule]) => ({
    label: scheduleLabel(name),
    schedule,
  }))
  return [{ label: 'learned policy', schedule: summary.policy }, ...baselines]
}

function shippedFrom({ chosen }: FineTuneSummary): string {
  const episode = chosen.episode === undefined ? '' : ` ${chosen.episode + 1}`
  return chosen.from === 'greedy' ? 'from the greedy run of the learned policy' : `from episode${episode}`
}

type Run = ScheduleSummary['perSeed'][number]

function ranged(
  schedule: ScheduleSummary,
  of: (run: Run) => number,
  format: (value: number) => string,
): Html {
  const values = schedule.perSeed.map(of)
  if (values.length === 0) return html`none`
  const centre = values.reduce((sum, value) => sum + value, 0) / values.length
  const low = format(Math.min(...values)).replace(' %', '')
  const range =
    values.length > 1 ? html`<span class="range">${low}–${format(Math.max(...values))}</span>` : html``
  return html`${format(centre)}${range}`
}

function priced(cost: { readonly flops: number; readonly seconds: number }): Html {
  return html`${flops(cost.flops)}<span class="range">${duration(cost.seconds)}</span>`
}

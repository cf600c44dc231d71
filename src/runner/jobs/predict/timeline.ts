import { csvField } from '../../../common/csv.ts'
import type { Stretch } from '../../../models/tasks/shown.ts'
import { page } from '../../report/page.ts'
import { stripsFigure } from '../../report/strips.ts'

/** A line a stretch: start and end in seconds. */
export function timelineCsv(stretches: readonly Stretch[]): string {
  const lines = stretches.map(({ start, end, label, probability }) =>
    [start.toFixed(3), end.toFixed(3), csvField(label), probability.toFixed(4)].join(','),
  )
  return `${['start,end,label,probability', ...lines].join('\n')}\n`
}

/** The recording as one strip, on a page of its own. */
export function timelinePage(name: string, stretches: readonly Stretch[]): string {
  const labels = [...new Set(stretches.map(({ label }) => label))].sort()
  const spans = stretches.map(({ start, end, label }) => [start, end, labels.indexOf(label)] as const)
  const strips = [{ name, rows: [{ name: 'said', spans }] }]
  return page('Timeline', name, [
    stripsFigure({ text: 'What the model says of each moment.', labels, strips }),
  ])
}

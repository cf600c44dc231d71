import type { Dataset } from '../dataset.ts'
import { type BoxSummary, type DataSummary, summarise } from './summary.ts'

/** As many of a list are named. */
const SHOWN = 8

/** What a dataset holds, for people, before a run: a line for each of items, labels, boxes, masks, segments, splits. */
export function describeDataset(dataset: Dataset): string[] {
  return summaryLines(summarise(dataset))
}

export function summaryLines(summary: DataSummary): string[] {
  const { labels, boxes, masks, segments } = summary
  const lines = [itemsLine(summary)]
  if (labels.length > 0)
    lines.push(
      `labels: ${labels.length} (${listed(labels, ({ name, count }) => `${name} ${number(count)}`)})`,
    )
  if (boxes !== undefined) lines.push(...boxLines(boxes))
  if (masks !== undefined) {
    const classes = listed(masks.classes, ({ name, share }) => `${name} ${percent(share)}`)
    lines.push(`masks: ${number(masks.clips)}, ${masks.classes.length} classes by pixels (${classes})`)
    if (!masks.named)
      lines.push(
        "  they are called by their values: a file classes.csv beside labels.csv names them (a header 'name', then a row for each value from 0)",
      )
  }
  if (segments !== undefined) {
    const classes = listed(
      segments.classes,
      ({ name, count, seconds }) => `${name} ${number(count)}, ${number(Math.round(seconds))} s`,
    )
    lines.push(
      `segments: in ${number(segments.clips)} clips, ${segments.classes.length} classes (${classes})`,
    )
  }
  lines.push(splitsLine(summary))
  return lines
}

function itemsLine({ items, pictures, sequences, groups, skipped }: DataSummary): string {
  const clips = items - pictures - sequences
  const kinds = [
    ...(pictures > 0 ? [`${number(pictures)} pictures`] : []),
    ...(clips > 0 ? [`${number(clips)} clips`] : []),
    ...(sequences > 0 ? [`${number(sequences)} sequences`] : []),
  ]
  const recordings = groups === undefined ? '' : ` of ${number(groups)} recordings`
  return `items: ${kinds.join(' and ')}${recordings}${skipped > 0 ? `; ${number(skipped)} left out` : ''}`
}

function boxLines({
  classes,
  total,
  crowds,
  frames,
  emptyFrames,
  perFrame,
  sizes,
  medianSide,
}: BoxSummary): string[] {
  const objects = Math.max(1, sizes.small + sizes.medium + sizes.large)
  const named = listed(
    classes,
    ({ name, count, clips }) => `${name} ${number(count)} in ${number(clips)} items`,
  )
  return [
    `boxes: ${number(total)} of ${classes.length} classes (${named})${crowds > 0 ? `; ${number(crowds)} are crowds, which don't count` : ''}`,
    `  ${number(frames)} frames hold ${perFrame.median} each in the median, ${number(perFrame.most)} at most; ${number(emptyFrames)} hold none`,
    `  by area ${percent(sizes.small / objects)} are small (under 32 x 32 px of the source), ${percent(sizes.medium / objects)} medium, ${percent(sizes.large / objects)} large (from 96 x 96); median side ${Math.round(medianSide)} px`,
  ]
}

function splitsLine({ splits, items }: DataSummary): string {
  if (splits.unsaid === items) return 'splits: the files name none; a run divides the items'
  const named = Object.entries(splits).filter(([name, count]) => count > 0 && name !== 'unsaid')
  const said = named.map(([name, count]) => `${number(count)} ${name}`).join(', ')
  return `splits: ${said}${splits.unsaid > 0 ? `, ${number(splits.unsaid)} unsaid` : ''}; a run divides train further`
}

function listed<T>(all: readonly T[], words: (one: T) => string): string {
  const shown = all.slice(0, SHOWN).map(words).join('; ')
  return all.length > SHOWN ? `${shown}; and ${all.length - SHOWN} more` : shown
}

/** 12345 → 12,345 */
export function number(value: number): string {
  return value.toLocaleString('en-US')
}

/** The first of many. */
export function some(all: readonly string[]): string {
  const shown = all.slice(0, 3).join(', ')
  return all.length > 3 ? `${shown} and ${number(all.length - 3)} more` : shown
}

function percent(share: number): string {
  const value = share * 100
  return `${value > 0 && value < 1 ? value.toFixed(1) : Math.round(value)} %`
}

import { createHash } from 'node:crypto'
import { interrupted, LayergymError, messageOf } from '../../common/error.ts'
import type { Findings } from '../../common/findings.ts'
import { median } from '../../common/quantile.ts'
import type { Clip } from '../dataset.ts'
import type { Table } from '../npy.ts'
import { readSequence } from '../sequence.ts'
import type { Count } from './summary.ts'
import { number, some } from './words.ts'

/** What the sequences of a dataset look like. */
export interface SequenceSummary {
  /** Files that were read. */
  readonly looked: number
  readonly rows: { readonly least: number; readonly median: number; readonly most: number }
  /** Numbers a row, with how many files have so many, the most frequent first. */
  readonly columns: readonly Count[]
  /** Of each column, over the files that have as many as most. */
  readonly ranges: readonly ColumnRange[]
}

interface ColumnRange {
  readonly least: number
  readonly most: number
}

/** One sequence without its numbers. */
export interface SequenceLook {
  readonly rows: number
  readonly columns: readonly ColumnRange[]
  /** Equal where the numbers are. */
  readonly digest: string
}

/** A column that spans so many times another may drown it. */
const SCALES = 1000
/** The longest sequence may have so many times the rows of the shortest. */
const LENGTHS = 10

/** Reads sequences one by one. @returns what was seen of each, and why others can't be read */
export async function lookAtSequences(
  clips: readonly Clip[],
  signal?: AbortSignal,
): Promise<{ readonly looks: ReadonlyMap<Clip, SequenceLook>; readonly broken: readonly string[] }> {
  const looks = new Map<Clip, SequenceLook>()
  const broken: string[] = []
  for (const clip of clips) {
    if (signal?.aborted) throw interrupted()
    try {
      looks.set(clip, lookAt(await readSequence(clip.path)))
    } catch (error) {
      if (!(error instanceof LayergymError && error.code.startsWith('sequence.'))) throw error
      broken.push(messageOf(error))
    }
  }
  return { looks, broken }
}

function lookAt({ rows, columns, values }: Table): SequenceLook {
  const ranges = Array.from({ length: columns }, (_, column) => {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let at = column; at < values.length; at += columns) {
      least = Math.min(least, values[at])
      most = Math.max(most, values[at])
    }
    return { least, most }
  })
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return { rows, columns: ranges, digest: createHash('sha256').update(bytes).digest('hex') }
}

export function summariseSequences(looks: Iterable<SequenceLook>): SequenceSummary | undefined {
  const all = [...looks]
  if (all.length === 0) return undefined
  const widths = new Map<number, number>()
  for (const { columns } of all) widths.set(columns.length, (widths.get(columns.length) ?? 0) + 1)
  const columns = [...widths].sort(([, a], [, b]) => b - a)
  const [[width]] = columns
  const usual = all.filter(look => look.columns.length === width)
  const rows = all.map(look => look.rows).sort((a, b) => a - b)
  return {
    looked: all.length,
    rows: { least: rows[0], median: median(rows), most: rows[rows.length - 1] },
    columns: columns.map(([name, count]) => ({ name: String(name), count })),
    ranges: Array.from({ length: width }, (_, i) => ({
      least: usual.reduce((least, look) => Math.min(least, look.columns[i].least), Number.POSITIVE_INFINITY),
      most: usual.reduce((most, look) => Math.max(most, look.columns[i].most), Number.NEGATIVE_INFINITY),
    })),
  }
}

/** What of sequences is odd: their shapes, their columns, and those that say nothing. */
export function aboutSequences(
  findings: Findings,
  { rows, columns, ranges }: SequenceSummary,
  looks: ReadonlyMap<Clip, SequenceLook>,
): void {
  const width = Number(columns[0].name)
  const odd = [...looks].filter(([, look]) => look.columns.length !== width)
  if (odd.length > 0)
    findings.error(
      'sequences.columns',
      `most have ${width} numbers a row, and ${some(odd.map(([{ id }, look]) => `${id} (${look.columns.length})`))} others: every file needs the same columns`,
    )
  const pieces = [...looks.keys()].filter(({ start, end }) => start !== undefined || end !== undefined)
  if (pieces.length > 0)
    findings.error(
      'sequences.pieces',
      `${some(pieces.map(({ id }) => id))}: start or end, in seconds, of rows that have no time: write each piece to a file of its own`,
    )
  const still = [...looks].filter(([, look]) => look.columns.every(({ least, most }) => least === most))
  if (still.length > 0)
    findings.warning(
      'items.blank',
      `${number(still.length)} say the same from the first row to the last: ${some(still.map(([{ id }]) => id))}`,
    )
  if (rows.most >= LENGTHS * rows.least)
    findings.warning(
      'sequences.lengths',
      `the longest has ${number(rows.most)} rows, the shortest ${number(rows.least)}: as many are taken of each (--frames), evenly, so that time runs at different speeds; cut or fill them to like lengths`,
    )
  aboutColumns(findings, ranges)
}

function aboutColumns(findings: Findings, ranges: readonly ColumnRange[]): void {
  const spans = ranges.map(({ least, most }, i) => ({ column: i + 1, span: most - least }))
  const constant = spans.filter(({ span }) => span === 0)
  if (constant.length > 0 && constant.length < spans.length)
    findings.warning(
      'sequences.constant',
      `column ${some(constant.map(({ column }) => String(column)))}: the same number everywhere, which tells nothing`,
    )
  const moving = spans.filter(({ span }) => span > 0).sort((a, b) => a.span - b.span)
  if (moving.length < 2) return
  const [narrow, wide] = [moving[0], moving[moving.length - 1]]
  if (wide.span >= SCALES * narrow.span)
    findings.warning(
      'sequences.scales',
      `column ${wide.column} spans ${brief(wide.span)}, column ${narrow.column} ${brief(narrow.span)}: bring them to the scale that the network was trained on`,
    )
}

/** 0.0123456 → 0.0123 */
export function brief(value: number): string {
  return String(Number(value.toPrecision(3)))
}

/** For people: lengths, and what columns hold. */
export function sequenceLine({ looked, rows, columns, ranges }: SequenceSummary): string {
  const lengths =
    rows.least === rows.most
      ? number(rows.most)
      : `${number(rows.least)} to ${number(rows.most)} rows (${number(rows.median)} in the median)`
  const unit = rows.least === rows.most ? ' rows' : ''
  const widths = columns.map(({ name, count }) => (columns.length === 1 ? name : `${name} (${count})`))
  const least = Math.min(...ranges.map(range => range.least))
  const most = Math.max(...ranges.map(range => range.most))
  return `files: ${number(looked)} sequences of ${lengths}${unit}, ${widths.join(', ')} numbers a row, from ${brief(least)} to ${brief(most)}`
}

import { dirname, resolve } from 'node:path'
import { inputError } from '../../common/error.ts'
import type { Segment } from '../annotation.ts'
import type { Media } from '../media.ts'
import { missingColumn, readTable } from '../table.ts'
import { numberIn } from './boxes.ts'

/** One line of segments.csv. */
export interface SegmentRow {
  readonly where: string
  readonly line: number
  /** Absolute path of the clip. */
  readonly path: string
  readonly segment: Segment
}

/** A segment may end so long after its video, and is cut off: containers round durations. Seconds. */
const TOLERANCE = 0.5

/**
 * Reads `path,start,end,label`, seconds from the start of the file, by clip and time. Moments between segments are
 * unlabelled.
 * @throws input error that names the line, for segments that overlap too
 */
export async function readSegments(file: string): Promise<ReadonlyMap<string, readonly SegmentRow[]>> {
  const { columns, rows } = await readTable(file, ['path'])
  for (const column of ['start', 'end', 'label'])
    if (!columns.includes(column)) throw missingColumn(file, columns, column)
  const clips = new Map<string, SegmentRow[]>()
  for (const { cell, where, line } of rows) {
    const given = cell('path')
    if (given === undefined) throw inputError('data.path', `${where}: the path is empty`)
    const [start, end] = ['start', 'end'].map(column => {
      const value = numberIn(cell(column))
      if (value === undefined || value < 0)
        throw inputError(
          'data.segment',
          `${where}: ${column} is '${cell(column) ?? ''}', and must be a number of seconds, 0 or more`,
        )
      return value
    })
    if (end <= start)
      throw inputError('data.segment', `${where}: end (${end}) must be after start (${start})`)
    const label = cell('label')
    if (label === undefined) throw inputError('data.label', `${where}: the segment has no label`)
    const path = resolve(dirname(file), given)
    const list = clips.get(path) ?? []
    list.push({ where, line, path, segment: { label, start, end } })
    clips.set(path, list)
  }
  for (const list of clips.values()) refuseOverlaps(list)
  return clips
}

function refuseOverlaps(rows: SegmentRow[]): void {
  rows.sort((a, b) => a.segment.start - b.segment.start || a.line - b.line)
  for (let i = 1; i < rows.length; i++) {
    const [before, after] = [rows[i - 1], rows[i]]
    if (after.segment.start >= before.segment.end) continue
    const [first, second] = [before, after].map(
      ({ segment: { label, start, end } }) => `'${label}' (${start} to ${end} s)`,
    )
    throw inputError(
      'data.segment',
      `${after.where}: ${second} overlaps ${first} of line ${before.line}, and a moment has one label: let one end where the other starts`,
    )
  }
}

/** @throws input error for segments of a picture, or after a video's end */
export function segmentsOf(rows: readonly SegmentRow[], { video }: Media): readonly Segment[] {
  return rows.map(({ segment, where, path }) => {
    if (video === undefined)
      throw inputError('data.segment', `${where}: ${path} is a picture, which has no segments`)
    const { start, end } = segment
    if (start >= video.duration || end > video.duration + TOLERANCE)
      throw inputError(
        'data.segment',
        `${where}: the segment from ${start} to ${end} s reaches past the end of ${path}, which lasts ${video.duration.toFixed(2)} s`,
      )
    return { ...segment, end: Math.min(end, video.duration) }
  })
}

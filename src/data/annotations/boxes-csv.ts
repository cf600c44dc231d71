import { dirname, resolve } from 'node:path'
import { inputError } from '../../common/error.ts'
import type { Annotation, Box, FrameBoxes } from '../annotation.ts'
import { frameTimes } from '../frame-times.ts'
import type { Media } from '../media.ts'
import { missingColumn, readTable, type TableRow } from '../table.ts'
import { checkedBox, numberIn } from './boxes.ts'

/** One line of boxes.csv: a box, or that a frame holds none. */
export interface BoxRow {
  readonly where: string
  readonly line: number
  /** Absolute path of the clip. */
  readonly path: string
  /** In order of presentation, from 0; a picture has none. */
  readonly frame?: number
  readonly box?: Box
}

const COLUMNS = ['x', 'y', 'w', 'h'] as const
const NONE: readonly Box[] = []

/** Whether a table's columns are those of boxes. */
export function isBoxTable(columns: readonly string[]): boolean {
  return COLUMNS.every(column => columns.includes(column))
}

/**
 * Reads `path[,frame],label,x,y,w,h`, pixels of the source, by clip. A row whose label and numbers are empty says that
 * its frame was looked at and holds nothing.
 * @throws input error that names the line
 */
export async function readBoxes(file: string): Promise<ReadonlyMap<string, readonly BoxRow[]>> {
  const { columns, rows } = await readTable(file, ['path'])
  for (const column of ['label', ...COLUMNS])
    if (!columns.includes(column)) throw missingColumn(file, columns, column)
  const clips = new Map<string, BoxRow[]>()
  const seen = new Map<string, number>()
  for (const row of rows) {
    const read = rowOf(file, row)
    const { path, frame, box, line, where } = read
    const key = JSON.stringify([path, frame, box && [box.label, box.x, box.y, box.width, box.height]])
    const before = seen.get(key)
    if (before !== undefined)
      throw inputError('data.duplicate', `${where}: the same is said already, in line ${before}`)
    seen.set(key, line)
    const list = clips.get(path)
    if (list === undefined) clips.set(path, [read])
    else list.push(read)
  }
  return clips
}

function rowOf(file: string, { cell, where, line }: TableRow): BoxRow {
  const given = cell('path')
  if (given === undefined) throw inputError('data.path', `${where}: the path is empty`)
  const path = resolve(dirname(file), given)
  const row = { where, line, path, frame: frameOf(cell('frame'), where) }
  const texts = COLUMNS.map(cell)
  const label = cell('label')
  if (label === undefined && texts.every(text => text === undefined)) return row
  const [x, y, width, height] = texts.map((text, i) => {
    const value = numberIn(text)
    if (value === undefined)
      throw inputError(
        'data.box',
        `${where}: ${COLUMNS[i]} is '${text ?? ''}', and must be a number of pixels (or leave label, x, y, w and h all empty, where the frame holds nothing)`,
      )
    return value
  })
  return { ...row, box: { label: label ?? '', x, y, width, height } }
}

function frameOf(text: string | undefined, where: string): number | undefined {
  if (text === undefined) return undefined
  const frame = Number(text)
  if (!Number.isInteger(frame) || frame < 0)
    throw inputError('data.frame', `${where}: frame is '${text}', and must be a whole number, 0 or more`)
  return frame
}

/**
 * What rows say of a clip. Every frame of it is listed, those without boxes too, unless `sparse`.
 * @throws input error for a box outside its frame, or a frame outside the video
 */
export async function boxesOf(
  path: string,
  rows: readonly BoxRow[],
  { size, video }: Media,
  options: { readonly sparse: boolean; readonly signal?: AbortSignal },
): Promise<Pick<Annotation, 'boxes' | 'sparse'>> {
  if (video === undefined) return { boxes: [{ time: 0, boxes: ofPicture(rows, size) }] }
  const { sparse } = options
  if (rows.length === 0 && sparse) return { boxes: [], sparse }
  const times = await frameTimes(path, options.signal)
  const frames = new Map<number, Box[]>()
  for (const { frame, box, where } of rows) {
    if (frame === undefined)
      throw inputError(
        'data.frame',
        `${where}: ${path} is a video: name the frame, from 0, in a column 'frame'`,
      )
    if (frame >= times.length)
      throw inputError(
        'data.frame',
        `${where}: there is no frame ${frame}: ${path} has ${times.length}, counted from 0`,
      )
    const boxes = frames.get(frame) ?? []
    if (box !== undefined) boxes.push(checkedBox(box, size, where))
    frames.set(frame, boxes)
  }
  const listed = sparse ? [...frames.keys()].sort((a, b) => a - b) : [...times.keys()]
  const boxes = listed.map((frame): FrameBoxes => ({ time: times[frame], boxes: frames.get(frame) ?? NONE }))
  return sparse ? { boxes, sparse } : { boxes }
}

function ofPicture(rows: readonly BoxRow[], size: Media['size']): readonly Box[] {
  return rows.flatMap(({ frame, box, where }) => {
    if (frame !== undefined && frame !== 0)
      throw inputError(
        'data.frame',
        `${where}: there is no frame ${frame} in a picture: leave it empty, or write 0`,
      )
    return box === undefined ? [] : [checkedBox(box, size, where)]
  })
}

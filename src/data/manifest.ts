import { readdir } from 'node:fs/promises'
import { basename, dirname, relative, resolve, sep } from 'node:path'
import { inputError, interrupted } from '../common/error.ts'
import { nearest } from '../common/suggest.ts'
import { isBoxTable, readBoxes } from './annotations/boxes-csv.ts'
import { readSegments } from './annotations/segments-csv.ts'
import { annotate, type ManifestClip, sidecarsOf } from './annotations/sidecars.ts'
import type { Clip, Found, LoadOptions } from './dataset.ts'
import { problemOf } from './folder.ts'
import { parseSplit, SPLIT_NAMES } from './split-names.ts'
import { type Cell, missingColumn, readTable, type Table } from './table.ts'

/**
 * A CSV manifest: `path,label`, optional `split`, `group`, `start`, `end` (seconds), `mask`; other columns are ignored.
 * Paths are relative to the manifest. `boxes.csv`, `segments.csv` and `classes.csv` beside it say more of its clips, which
 * need no label then.
 */
export async function loadManifest(file: string, options: LoadOptions): Promise<Found> {
  const table = await readTable(file, ['path'])
  const sidecars = await sidecarsOf(file)
  const annotated = [sidecars.boxes, sidecars.segments].some(Boolean) || table.columns.includes('mask')
  const groupColumn = await checkColumns(table, annotated, options.groupColumn)
  if (table.rows.length === 0)
    throw inputError('data.no-videos', `${file} names no clip: nothing follows its header`)
  const rows: ManifestClip[] = []
  const lines = new Map<string, number>()
  for (const { cell, where, line } of table.rows) {
    if (options.signal?.aborted) throw interrupted()
    const clip = parseClip(cell, file, where, groupColumn, annotated)
    const before = lines.get(clip.id)
    if (before !== undefined) {
      const hint = isBoxTable(table.columns) ? ': a table of boxes is called boxes.csv' : ''
      throw inputError('data.duplicate', `${where}: ${clip.id} is listed already, in line ${before}${hint}`)
    }
    lines.set(clip.id, line)
    rows.push({ clip, where, ...annotationCells(cell, file, where) })
  }
  const { present, skipped } = await dropMissing(file, rows, options)
  if (!annotated) return { clips: present.map(({ clip }) => clip), skipped }
  const found = await annotate(present, sidecars, {
    ...options,
    partial: basename(file).toLowerCase() !== 'labels.csv' || skipped.length > 0,
  })
  return { ...found, skipped: [...skipped, ...found.skipped] }
}

/** A dataset that boxes.csv and segments.csv of a folder make without a manifest: of the clips that they name. */
export async function loadSidecars(file: string, options: LoadOptions): Promise<Found> {
  const { boxes, segments } = await sidecarsOf(file)
  const tables = [boxes && (await readBoxes(boxes)), segments && (await readSegments(segments))]
  const named = new Map<string, string>()
  for (const table of tables)
    for (const [path, [{ where }]] of table || []) if (!named.has(path)) named.set(path, where)
  if (named.size === 0)
    throw inputError('data.no-videos', `${file} names no clip: nothing follows its header`)
  const rows = [...named].map(([path, where]) => {
    const id = relative(dirname(file), path).split(sep).join('/')
    return { clip: { id, path, label: '' }, where, sparse: false }
  })
  const { present, skipped } = await dropMissing(file, rows, options)
  const found = await annotate(present, { boxes, segments }, { ...options, partial: true })
  return { ...found, skipped: [...skipped, ...found.skipped] }
}

/** @throws input error that lists the first of the missing files, unless they may be skipped */
async function dropMissing(file: string, rows: readonly ManifestClip[], { skipBroken, signal }: LoadOptions) {
  const present: ManifestClip[] = []
  const skipped: { path: string; reason: string }[] = []
  const missing: string[] = []
  for (const row of rows) {
    if (signal?.aborted) throw interrupted()
    const { path } = row.clip
    const line = row.where.replace(`${file} `, '')
    const problem = await problemOf(path)
    if (problem === undefined) present.push(row)
    else if (skipBroken) skipped.push({ path, reason: `${problem} (${line})` })
    else missing.push(`${line}: ${path} ${problem}`)
  }
  if (missing.length > 0) {
    const shown = missing.slice(0, 5).join('; ')
    const more = missing.length > 5 ? `; and ${missing.length - 5} more` : ''
    throw inputError('data.file', `${file} ${shown}${more}: mend these lines, or have broken files skipped`)
  }
  return { present, skipped }
}

function parseClip(cell: Cell, file: string, where: string, groupColumn: string, annotated: boolean): Clip {
  const given = cell('path')
  if (given === undefined) throw inputError('data.path', `${where}: the path is empty`)
  const label = cell('label')
  if (label === undefined && !annotated) throw inputError('data.label', `${where}: ${given} has no label`)
  const start = seconds(cell, 'start', where)
  const end = seconds(cell, 'end', where)
  if (end !== undefined && end <= (start ?? 0))
    throw inputError('data.piece', `${where}: end (${end}) must be after start (${start ?? 0})`)
  const path = resolve(dirname(file), given)
  const name = relative(dirname(file), path).split(sep).join('/')
  const piece = start === undefined && end === undefined ? '' : `#${start ?? 0}-${end ?? ''}`
  const split = splitOf(cell('split'), where)
  return { id: name + piece, path, label: label ?? '', split, group: cell(groupColumn), start, end }
}

const ANNOTATED = ['all', 'listed']

function annotationCells(cell: Cell, file: string, where: string): Pick<ManifestClip, 'mask' | 'sparse'> {
  const mask = cell('mask')
  const annotated = cell('annotated') ?? 'all'
  if (!ANNOTATED.includes(annotated))
    throw inputError(
      'data.annotated',
      `${where}: annotated is '${annotated}', and must be all (frames without boxes hold nothing) or listed (nothing is known of them)`,
    )
  return { mask: mask && resolve(dirname(file), mask), sparse: annotated === 'listed' }
}

function seconds(cell: Cell, column: string, where: string): number | undefined {
  const text = cell(column)
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0)
    throw inputError(
      'data.piece',
      `${where}: ${column} is '${text}', and must be a number of seconds, 0 or more`,
    )
  return value
}

function splitOf(text: string | undefined, where: string): Clip['split'] {
  if (text === undefined) return undefined
  const split = parseSplit(text)
  if (split !== undefined) return split
  const near = nearest(text, SPLIT_NAMES)
  const hint = near === undefined ? '' : `: did you mean '${near}'?`
  throw inputError(
    'data.split',
    `${where}: unknown split '${text}'${hint} (allowed: ${SPLIT_NAMES.join(', ')})`,
  )
}

/** Checks the header; returns the column that holds groups, whether or not it is there. */
async function checkColumns(
  { file, columns }: Table,
  annotated: boolean,
  groupColumn: string | undefined,
): Promise<string> {
  if (!annotated && !columns.includes('label')) {
    const others = (await readdir(dirname(file))).filter(
      name => /\.csv$/i.test(name) && name !== basename(file),
    )
    const instead = others.length === 0 ? '' : `; other manifests beside it: ${others.sort().join(', ')}`
    throw missingColumn(file, columns, 'label', instead)
  }
  if (groupColumn !== undefined && !columns.includes(groupColumn)) {
    const near = nearest(groupColumn, columns)
    const hint = near === undefined ? '' : `: did you mean '${near}'?`
    throw inputError(
      'data.group-column',
      `${file} has no column '${groupColumn}' to group by${hint} (columns: ${columns.join(', ')})`,
    )
  }
  return groupColumn ?? 'group'
}

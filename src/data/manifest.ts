import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, extname, relative, resolve, sep } from 'node:path'
import { parse } from 'csv-parse/sync'
import { inputError, interrupted, messageOf } from '../common/error.ts'
import { nearest } from '../common/suggest.ts'
import type { Clip, Found, LoadOptions } from './dataset.ts'
import { problemOf } from './folder.ts'
import { parseSplit, SPLIT_NAMES } from './split-names.ts'

interface Row {
  readonly line: number
  readonly cells: readonly string[]
}

/** A row's cell by column name; undefined when there is no such column or nothing in it. */
type Cell = (column: string) => string | undefined

/**
 * A CSV manifest: `path,label`, optional `split`, `group`, `start`, `end` (seconds); other columns are ignored.
 * Paths are relative to the manifest.
 */
export async function loadManifest(file: string, options: LoadOptions): Promise<Found> {
  const [header, ...rows] = await readRows(file)
  if (header === undefined)
    throw inputError('data.empty-manifest', `${file} is empty: it needs a line path,label`)
  const columns = header.cells.map(name => name.trim())
  const groupColumn = await checkColumns(file, columns, options.groupColumn)
  if (rows.length === 0)
    throw inputError('data.no-videos', `${file} names no clip: nothing follows its header`)

  const clips: Clip[] = []
  const skipped: { path: string; reason: string }[] = []
  const missing: string[] = []
  const lines = new Map<string, number>()
  for (const row of rows) {
    if (options.signal?.aborted) throw interrupted()
    const cell: Cell = name => row.cells[columns.indexOf(name)]?.trim() || undefined
    const where = `${file} line ${row.line}`
    const clip = parseClip(cell, file, where, groupColumn)
    const before = lines.get(clip.id)
    if (before !== undefined)
      throw inputError('data.duplicate', `${where}: ${clip.id} is listed already, in line ${before}`)
    lines.set(clip.id, row.line)
    const problem = await problemOf(clip.path)
    if (problem === undefined) clips.push(clip)
    else if (options.skipBroken) skipped.push({ path: clip.path, reason: `${problem} (line ${row.line})` })
    else missing.push(`line ${row.line}: ${clip.path} ${problem}`)
  }
  if (missing.length > 0) {
    const shown = missing.slice(0, 5).join('; ')
    const more = missing.length > 5 ? `; and ${missing.length - 5} more` : ''
    throw inputError('data.file', `${file} ${shown}${more}: mend these lines, or have broken files skipped`)
  }
  return { clips, skipped }
}

function parseClip(cell: Cell, file: string, where: string, groupColumn: string): Clip {
  const given = cell('path')
  if (given === undefined) throw inputError('data.path', `${where}: the path is empty`)
  const label = cell('label')
  if (label === undefined) throw inputError('data.label', `${where}: ${given} has no label`)
  const start = seconds(cell, 'start', where)
  const end = seconds(cell, 'end', where)
  if (end !== undefined && end <= (start ?? 0))
    throw inputError('data.piece', `${where}: end (${end}) must be after start (${start ?? 0})`)
  const path = resolve(dirname(file), given)
  const name = relative(dirname(file), path).split(sep).join('/')
  const piece = start === undefined && end === undefined ? '' : `#${start ?? 0}-${end ?? ''}`
  const split = splitOf(cell('split'), where)
  return { id: name + piece, path, label, split, group: cell(groupColumn), start, end }
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
async function checkColumns(file: string, columns: readonly string[], groupColumn?: string): Promise<string> {
  for (const needed of ['path', 'label']) {
    if (columns.includes(needed)) continue
    const near = nearest(needed, columns)
    const hint = near === undefined ? '' : ` ('${near}' looks like it: rename it)`
    const others = (await readdir(dirname(file))).filter(
      name => /\.csv$/i.test(name) && name !== basename(file),
    )
    const instead = others.length === 0 ? '' : `; other manifests beside it: ${others.sort().join(', ')}`
    throw inputError(
      'data.column',
      `${file} has no column '${needed}'${hint}. Its columns are ${columns.join(', ')}${instead}`,
    )
  }
  const repeated = columns.find((name, i) => name !== '' && columns.indexOf(name) !== i)
  if (repeated !== undefined) throw inputError('data.column', `${file} has two columns '${repeated}'`)
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

async function readRows(file: string): Promise<Row[]> {
  const text = textOf(await readFile(file))
  if (text.includes('\0'))
    throw inputError(
      'data.csv',
      `${file} is not a text file in UTF-8 (or UTF-16 with a byte order mark): save it as CSV in UTF-8`,
    )
  const firstLine = text.slice(0, text.search(/[\r\n]|$/))
  const separators = extname(file) === '.tsv' ? ['\t'] : [',', ';', '\t']
  const delimiter = separators.find(separator => firstLine.includes(separator)) ?? separators[0]
  const rows: Row[] = []
  const onRecord = (cells: string[], { lines }: { lines: number }) => {
    rows.push({ line: lines, cells })
    return null
  }
  try {
    parse(text, { delimiter, skip_empty_lines: true, onRecord })
    return rows
  } catch (error) {
    throw inputError('data.csv', `${file} is not a CSV file that can be read: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/** UTF-8; or UTF-16, in which spreadsheets save "Unicode text", where a byte order mark says so. The mark is left out. */
function textOf(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('hex')
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8'
  return new TextDecoder(encoding).decode(bytes)
}

import { extname } from 'node:path'
import { type CsvRow, csvRows, LARGEST_CSV } from '../common/csv-rows.ts'
import { inputError, messageOf } from '../common/error.ts'
import { readRegularFile } from '../common/regular-file.ts'
import { nearest } from '../common/suggest.ts'

/** A row's cell by column name; undefined when there is no such column or nothing in it. */
export type Cell = (column: string) => string | undefined

/** A table with a header, as CSV files hold them. */
export interface Table {
  /** Absolute path. */
  readonly file: string
  readonly columns: readonly string[]
  readonly rows: readonly TableRow[]
}

export interface TableRow {
  readonly cell: Cell
  /** File and line, to begin a message with. */
  readonly where: string
  /** In the file, from 1. */
  readonly line: number
}

/** @throws input error where the file is no CSV, is empty, or a column is there twice or missing */
export async function readTable(file: string, needed: readonly string[]): Promise<Table> {
  const [header, ...rows] = await readRows(file)
  if (header === undefined)
    throw inputError('data.empty-manifest', `${file} is empty: it needs a line ${needed.join(',')}`)
  const columns = header.cells.map(name => name.trim())
  const places = new Map<string, number>()
  let repeated: string | undefined
  for (const [i, name] of columns.entries()) {
    if (name !== '' && places.has(name)) repeated ??= name
    places.set(name, i)
  }
  if (repeated !== undefined) throw inputError('data.column', `${file} has two columns '${repeated}'`)
  for (const column of needed) if (!places.has(column)) throw missingColumn(file, columns, column)
  return {
    file,
    columns,
    rows: rows.map(({ line, cells }) => ({
      line,
      where: `${file} line ${line}`,
      cell: name => cells[places.get(name) ?? -1]?.trim() || undefined,
    })),
  }
}

export function missingColumn(file: string, columns: readonly string[], needed: string, more = '') {
  const near = nearest(needed, columns)
  const hint = near === undefined ? '' : ` ('${near}' looks like it: rename it)`
  return inputError(
    'data.column',
    `${file} has no column '${needed}'${hint}. Its columns are ${columns.join(', ')}${more}`,
  )
}

async function readRows(file: string): Promise<CsvRow[]> {
  const bytes = await readRegularFile(file, { most: LARGEST_CSV }).catch(error => {
    throw inputError('data.csv', `${file} can't be read: ${messageOf(error)}`, { cause: error })
  })
  const text = textOf(bytes)
  if (text.includes('\0'))
    throw inputError(
      'data.csv',
      `${file} is not a text file in UTF-8 (or UTF-16 with a byte order mark): save it as CSV in UTF-8`,
    )
  const firstLine = text.slice(0, text.search(/[\r\n]|$/))
  const separators = extname(file) === '.tsv' ? ['\t'] : [',', ';', '\t']
  const delimiter = separators.find(separator => firstLine.includes(separator)) ?? separators[0]
  try {
    return csvRows(text, { delimiter })
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

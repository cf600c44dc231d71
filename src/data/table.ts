import { readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { parse } from 'csv-parse/sync'
import { inputError, messageOf } from '../common/error.ts'
import { nearest } from '../common/suggest.ts'

interface Row {
  /** In the file, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

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

/** Larger tables are refused. Bytes. */
const LARGEST = 256 * 2 ** 20

/** @throws input error where the file is no CSV, is empty, or a column is there twice or missing */
export async function readTable(file: string, needed: readonly string[]): Promise<Table> {
  const [header, ...rows] = await readRows(file)
  if (header === undefined)
    throw inputError('data.empty-manifest', `${file} is empty: it needs a line ${needed.join(',')}`)
  const columns = header.cells.map(name => name.trim())
  const repeated = columns.find((name, i) => name !== '' && columns.indexOf(name) !== i)
  if (repeated !== undefined) throw inputError('data.column', `${file} has two columns '${repeated}'`)
  for (const column of needed) if (!columns.includes(column)) throw missingColumn(file, columns, column)
  const places = new Map(columns.map((name, i) => [name, i]))
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

async function readRows(file: string): Promise<Row[]> {
  const { size } = await stat(file)
  if (size > LARGEST)
    throw inputError(
      'data.csv',
      `${file} has ${size} bytes, and a table may have ${LARGEST}: divide the dataset`,
    )
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

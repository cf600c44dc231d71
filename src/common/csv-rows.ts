import Papa from 'papaparse'

/** Of a CSV file; larger ones are refused before they are read. Bytes. */
export const LARGEST_CSV = 2 ** 26
/** Empty ones count. More than any table has that people write. */
const MOST_ROWS = 2 ** 22

/** A row that isn't empty. */
export interface CsvRow {
  /** In the text, from 1; where a row has several, its last. */
  readonly line: number
  readonly cells: readonly string[]
}

export interface CsvOptions {
  readonly delimiter?: string
  /** Rows may have more cells than the first, or fewer. */
  readonly ragged?: boolean
}

/**
 * The rows of a CSV text (RFC 4180), whatever ends its lines; a byte order mark is passed over.
 * @param most rows
 * @throws Error in words that go after the path
 */
export function csvRows(
  text: string,
  { delimiter = ',', ragged = false }: CsvOptions = {},
  most = MOST_ROWS,
): CsvRow[] {
  const content = text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text
  const { data, errors } = Papa.parse<string[]>(content, { delimiter, newline: '\n', preview: most + 2 })
  // After the last line's end comes an empty one.
  if (data.length > most + 1) throw new Error(`it has more than ${most} rows`)
  const rows: CsvRow[] = []
  let line = 0
  for (const [i, cells] of data.entries()) {
    line++
    if (errors.length > 0 && errors[0].row === i) throw new Error(`line ${line}: ${errors[0].message}`)
    for (const cell of cells) line += newlinesIn(cell)
    if (cells.length === 1 && cells[0] === '') continue
    const columns = rows[0]?.cells.length ?? cells.length
    if (!ragged && cells.length !== columns)
      throw new Error(`line ${line} has ${cells.length} cells, the first ${columns}`)
    rows.push({ line, cells })
  }
  return rows
}

/** A table's rows by the names of its first one. @throws as `csvRows` */
export function csvRecords(
  text: string,
  options: CsvOptions = {},
): { readonly line: number; readonly record: Readonly<Record<string, string>> }[] {
  const [head, ...rows] = csvRows(text, options)
  return rows.map(({ line, cells }) => ({
    line,
    record: Object.fromEntries(head.cells.map((name, i) => [name, cells[i]])),
  }))
}

function newlinesIn(cell: string): number {
  let count = 0
  for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) count++
  return count
}

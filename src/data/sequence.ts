import { extname } from 'node:path'
import { type CsvRow, csvRows, LARGEST_CSV } from '../common/csv-rows.ts'
import { inputError, messageOf } from '../common/error.ts'
import { readRegularFile } from '../common/regular-file.ts'
import { LARGEST_NPY, parseNpy, type Table } from './npy.ts'

/**
 * A clip's numbers through time, [rows, columns] float32: landmarks, what a sensor says, token ids. From a CSV of numbers
 * (comma, semicolon or tab; a header row may come first) or a .npy file.
 * @throws input error that names the file, and the line
 */
export async function readSequence(path: string): Promise<Table> {
  const extension = extname(path).toLowerCase()
  if (!['.csv', '.npy', '.tsv', '.txt'].includes(extension)) {
    throw inputError(
      'sequence.type',
      `${path} is no sequence: the model takes numbers through time, from a .csv or .npy file a clip`,
    )
  }
  const isNpy = extension === '.npy'
  const bytes = await readRegularFile(path, { most: isNpy ? LARGEST_NPY : LARGEST_CSV }).catch(error => {
    throw inputError('sequence.unreadable', `${path} cannot be read: ${messageOf(error)}`, { cause: error })
  })
  const table = isNpy ? parseNpy(bytes, path) : parseCsv(bytes.toString('utf8'), path)
  if (table.rows === 0) throw inputError('sequence.empty', `${path} holds no row of numbers`)
  const odd = table.values.findIndex(value => !Number.isFinite(value))
  if (odd < 0) return table
  const [row, column] = [Math.floor(odd / table.columns), odd % table.columns]
  throw inputError(
    'sequence.number',
    `${path}: row ${row + 1}, column ${column + 1} is ${table.values[odd]}: fill gaps, or leave such rows out`,
  )
}

function parseCsv(text: string, path: string): Table {
  const first = text.slice(0, text.search(/[\r\n]|$/))
  const delimiter = [',', ';', '\t'].find(separator => first.includes(separator)) ?? ','
  let lines: readonly CsvRow[]
  try {
    lines = csvRows(text, { delimiter, ragged: true })
  } catch (error) {
    throw inputError('sequence.csv', `${path} is not a CSV file: ${messageOf(error)}`, { cause: error })
  }
  const hasHeader = lines.length > 0 && lines[0].cells.every(cell => Number.isNaN(numberOf(cell)))
  const rows = hasHeader ? lines.slice(1) : lines
  const columns = lines[0]?.cells.length ?? 0
  const values = new Float32Array(rows.length * columns)
  for (const [i, { line, cells }] of rows.entries()) {
    if (cells.length !== columns) {
      throw inputError(
        'sequence.columns',
        `${path} line ${line} has ${cells.length} columns, the first line ${columns}: every row needs the same`,
      )
    }
    for (const [j, cell] of cells.entries()) {
      const value = numberOf(cell)
      if (Number.isNaN(value)) {
        throw inputError(
          'sequence.number',
          `${path} line ${line}, column ${j + 1}: '${cell}' is not a number`,
        )
      }
      values[i * columns + j] = value
    }
  }
  return { rows: rows.length, columns, values }
}

/** NaN for an empty cell, which `Number` takes for 0. */
function numberOf(cell: string): number {
  return cell.trim() === '' ? Number.NaN : Number(cell)
}

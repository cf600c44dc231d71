import { inputError } from '../../common/error.ts'
import { IGNORED, type Legend } from '../annotation.ts'
import { readTable, type TableRow } from '../table.ts'

/** What classes.csv says: names by place, and what stands for them in a mask. */
export interface Classes {
  readonly names: readonly string[]
  readonly legend: Legend
  /** The file that said so; none where values name themselves. */
  readonly file?: string
}

/**
 * Reads `name[,index][,color or r,g,b][,ignored]`. Without indices and colours the rows count from 0. 255 is left out
 * unless the file names it.
 * @throws input error that names the line
 */
export async function readClasses(file: string): Promise<Classes> {
  const { rows, columns } = await readTable(file, ['name'])
  if (rows.length === 0)
    throw inputError('data.classes', `${file} names no class: nothing follows its header`)
  const coloured = ['color', 'colour', 'r'].some(column => columns.includes(column))
  const indexed = columns.includes('index') || !coloured
  const names: string[] = []
  const indices = new Map<number, number>()
  const colours = new Map<number, number>()
  const add = (map: Map<number, number>, key: number, value: number, what: string, where: string) => {
    if (map.has(key)) throw inputError('data.classes', `${where}: ${what} stands for two classes`)
    map.set(key, value)
  }
  for (const [i, row] of rows.entries()) {
    const { cell, where } = row
    const name = cell('name')
    if (name === undefined) throw inputError('data.classes', `${where}: the name is empty`)
    if (names.includes(name)) throw inputError('data.classes', `${where}: '${name}' is named already`)
    const place = isIgnored(row) ? IGNORED : names.push(name) - 1
    if (indexed) {
      const index = columns.includes('index') ? indexOf(cell('index'), where) : i
      add(indices, index, place, `the index ${index}`, where)
    }
    if (coloured) {
      const colour = colourOf(row)
      add(colours, colour, place, `the colour ${hexadecimal(colour)}`, where)
    }
  }
  if (names.length === 0 || names.length > IGNORED)
    throw inputError('data.classes', `${file} names ${names.length} classes: 1 to ${IGNORED} are allowed`)
  if (indexed && !indices.has(IGNORED)) indices.set(IGNORED, IGNORED)
  return {
    names,
    legend: { indices: indexed ? indices : undefined, colours: coloured ? colours : undefined },
    file,
  }
}

/** Classes that values name: those that occur in masks, by number. */
export function classesOfValues(values: Iterable<number>): Classes {
  const sorted = [...values].filter(value => value !== IGNORED).sort((a, b) => a - b)
  const indices = new Map(sorted.map((value, place) => [value, place]))
  return { names: sorted.map(String), legend: { indices: indices.set(IGNORED, IGNORED) } }
}

export function hexadecimal(colour: number): string {
  return `#${colour.toString(16).padStart(6, '0')}`
}

function isIgnored({ cell, where }: TableRow): boolean {
  const text = (cell('ignored') ?? 'no').toLowerCase()
  if (['yes', 'true', '1'].includes(text)) return true
  if (['no', 'false', '0'].includes(text)) return false
  throw inputError('data.classes', `${where}: ignored is '${text}', and must be yes or no`)
}

function indexOf(text: string | undefined, where: string): number {
  const index = Number(text)
  if (text === undefined || !Number.isInteger(index) || index < 0 || index > 255)
    throw inputError(
      'data.classes',
      `${where}: index is '${text ?? ''}', and must be a whole number, 0 to 255`,
    )
  return index
}

function colourOf({ cell, where }: TableRow): number {
  const text = cell('color') ?? cell('colour')
  if (text !== undefined) {
    const digits = /^#?([0-9a-f]{6})$/i.exec(text)?.[1]
    if (digits === undefined)
      throw inputError('data.classes', `${where}: color is '${text}', and must be written as #rrggbb`)
    return Number.parseInt(digits, 16)
  }
  return ['r', 'g', 'b'].reduce((colour, column) => {
    const value = Number(cell(column))
    if (cell(column) === undefined || !Number.isInteger(value) || value < 0 || value > 255)
      throw inputError(
        'data.classes',
        `${where}: ${column} is '${cell(column) ?? ''}', and must be a whole number, 0 to 255`,
      )
    return colour * 256 + value
  }, 0)
}

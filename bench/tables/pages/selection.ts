import type { Row } from '../../selection/rows.ts'
import { selectionTables } from '../../selection/tables.ts'
import type { Page, Raw } from '../redraw.ts'

const NAMES = [
  'pairs',
  'quantities',
  'against the default',
  'best round',
  'moments',
  'by pair',
  'reward split',
  'cross-validation',
  'shares',
] as const

/** All tables come from one pass over half a million figures. */
let drawn: Readonly<Record<string, string>> | undefined

export const selection: Page = {
  tables: Object.fromEntries(NAMES.map(name => [name, (raw: Raw) => tables(raw)[name]])),
}

function tables(raw: Raw): Readonly<Record<string, string>> {
  drawn ??= selectionTables(raw<Row>('selection'))
  return drawn
}

/** The tables of docs/results/selection.md: npx tsx bench/selection/analyse.ts [table] */
import { readFileSync } from 'node:fs'
import { parseRows, selectionTables } from './tables.ts'

const [wanted] = process.argv.slice(2)
const tables = selectionTables(parseRows(readFileSync('docs/results/raw/selection.jsonl.gz')))
for (const [name, markdown] of Object.entries(tables))
  if (wanted === undefined || wanted === name) console.log(`## ${name}\n\n${markdown}\n`)

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { environmentRows, vectorRows } from './compatibility/gymnasium.ts'
import { spaceRows, wrapperRows } from './compatibility/gymnasium-spaces.ts'
import { type Row, table } from './compatibility/row.ts'
import { sb3Rows } from './compatibility/stable-baselines3.ts'
import { ROOT } from './workplace.ts'

const PARTS: readonly (readonly [string, readonly Row[]])[] = [
  ['Gymnasium: environments', environmentRows],
  ['Gymnasium: vector environments', vectorRows],
  ['Gymnasium: spaces', spaceRows],
  ['Gymnasium: wrappers', wrapperRows],
  ['Stable-Baselines3', sb3Rows],
]

const HEAD = `# Compatibility

What who knows Gymnasium 1.4 and Stable-Baselines3 2.9 finds here: the same (yes), the same in another form (otherwise), or
not (no). This page is written by \`test/docs/compatibility.test.ts\` (\`npx vitest run test/docs/compatibility.test.ts -u\`), and each
row is held by a test: one there, or that of the file that is named.`

describe.each(PARTS)('%s', (_part, rows) => {
  test.each(rows.map(row => [row.convention, row] as const))('%s', async (_name, { heldBy }) => {
    if (typeof heldBy === 'function') await heldBy()
    else expect(readFileSync(join(ROOT, heldBy[0]), 'utf8')).toContain(heldBy[1])
  })
})

test('docs/compatibility.md says so', async () => {
  const parts = PARTS.map(([name, rows]) => `## ${name}\n\n${table(rows)}`)
  const page = `${[HEAD, ...parts].join('\n\n')}\n`
  await expect(page).toMatchFileSnapshot(join(ROOT, 'docs/compatibility.md'))
})

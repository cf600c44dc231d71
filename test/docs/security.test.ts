import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './workplace.ts'

test('each promise of SECURITY.md names a test that is there', () => {
  const rows = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8')
    .split('\n')
    .filter(line => /^\| [A-Z`]/.test(line))
  expect(rows.length).toBeGreaterThan(10)
  for (const row of rows) {
    const named = [...row.matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map(([, path]) => path)
    expect(named.length, row).toBeGreaterThan(0)
    for (const path of named) expect(existsSync(join(ROOT, path)), path).toBe(true)
  }
})

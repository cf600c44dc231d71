import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contentHash } from '../../../src/data/fingerprint.ts'
import { pluginFingerprints } from '../../../src/runner/plugins/fingerprint.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'layergym-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

async function fingerprint(path: string): Promise<string> {
  return (await pluginFingerprints([path]))[`plugin ${path}`]
}

test('a plugin of one file has that file’s', async () => {
  const entry = write('plugin.mjs', `import { z } from 'zod'\nexport const plugin = {}\n`)
  expect(await fingerprint(entry)).toBe(await contentHash(entry))
})

test.each([
  ['plugin.mjs', `export * from './lib/a.mjs'`, 'lib/a.mjs', `import '../b.mjs'`, 'b.mjs'],
  ['plugin.ts', `import type { A } from './a.js'`, 'a.ts', `await import("./b.ts")`, 'b.ts'],
  ['plugin.cjs', `const { a } = require('./a')`, 'a/index.js', `require('./b.json')`, 'a/b.json'],
])('a change in what it imports by a path is another: %s', async (name, text, second, more, third) => {
  const entry = write(name, text)
  write(second, more)
  write(third, '{}')
  const before = await fingerprint(entry)
  write('beside.mjs', 'nobody imports this')
  write('node_modules/zod/index.js', 'nor is this its own')
  expect(await fingerprint(entry)).toBe(before)
  write(third, '{"changed":true}')
  expect(await fingerprint(entry)).not.toBe(before)
})

test('files that import each other end, and where they lie does not enter', async () => {
  const entry = write('one/plugin.mjs', `import './other.mjs'`)
  write('one/other.mjs', `import './plugin.mjs'\nimport './missing.mjs'`)
  const before = await fingerprint(entry)
  renameSync(join(folder, 'one'), join(folder, 'two'))
  expect(await fingerprint(join(folder, 'two', 'plugin.mjs'))).toBe(before)
})

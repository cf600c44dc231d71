import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
// @ts-expect-error scripts run before anything is installed, so they are JavaScript without types
import { builtFolder } from '../../scripts/built.mjs'

let root = ''
const write = (name: string, text: string) => writeFileSync(join(root, 'src', name), text)
const built = (): Promise<string> => builtFolder(root)

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'layergym-built-'))
  mkdirSync(join(root, 'src', 'inner'), { recursive: true })
  write('inner/one.ts', 'export const one: number = 1\n')
  write('two.ts', "import { one } from './inner/one.ts'\nexport const two: number = one + 1\n")
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

test('is made once, also by several at once, and nothing half-made stays', async () => {
  const folders = await Promise.all([built(), built(), built()])
  expect(new Set(folders).size).toBe(1)
  const [folder] = folders
  const { two } = await import(pathToFileURL(join(folder, 'two.js')).href)
  expect(two).toBe(2)
  expect(readdirSync(root).sort()).toEqual([folder.slice(root.length + 1), 'src'])
  const made = statSync(folder).ctimeMs
  expect(await built()).toBe(folder)
  expect(statSync(folder).ctimeMs).toBe(made)
})

test('a source that changed is built anew beside what may be running; the fourth takes the first away', async () => {
  const folders: string[] = []
  for (const value of [1, 2, 3, 4]) {
    write('inner/one.ts', `export const one: number = ${value}\n`)
    folders.push(await built())
    const { two } = await import(pathToFileURL(join(folders.at(-1) ?? '', 'two.js')).href)
    expect(two).toBe(value + 1)
  }
  expect(folders.map(folder => existsSync(folder))).toEqual([false, true, true, true])
})

test('a library of many files is bundled into one, anew when another version is installed', async () => {
  const library = join(root, 'node_modules', 'zod')
  mkdirSync(library, { recursive: true })
  const install = (version: string) => {
    const exports = './index.js'
    writeFileSync(
      join(library, 'package.json'),
      JSON.stringify({ name: 'zod', version, type: 'module', exports }),
    )
    writeFileSync(join(library, 'index.js'), "export * from './part.js'\n")
    writeFileSync(join(library, 'part.js'), `export const part = '${version}'\n`)
  }
  write('inner/three.ts', "import { part } from 'zod'\nexport const said: string = \"from 'zod' \" + part\n")
  for (const version of ['1.0.0', '1.1.0']) {
    install(version)
    const folder = await built()
    expect(readFileSync(join(folder, 'inner', 'three.js'), 'utf8')).toContain('from "./../libraries/zod.js"')
    const { said } = await import(pathToFileURL(join(folder, 'inner', 'three.js')).href)
    expect(said).toBe(`from 'zod' ${version}`)
  }
})

test('without sources it fails, and leaves nothing', async () => {
  rmSync(join(root, 'src'), { recursive: true })
  await expect(built()).rejects.toThrow('ENOENT')
  expect(readdirSync(root)).toEqual([])
})

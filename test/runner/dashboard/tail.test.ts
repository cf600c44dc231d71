import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { lineAt, Tail } from '../../../src/runner/dashboard/tail.ts'

const folder = mkdtempSync(join(tmpdir(), 'layergym-tail-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let path = ''
let lines: string[] = []
let anew = 0
let count = 0
let tail = new Tail('')
const read = () =>
  tail.read({
    onLine: ({ text }) => lines.push(text),
    onAnew: () => {
      anew++
      lines = []
    },
  })

beforeEach(() => {
  path = join(folder, `log-${++count}.jsonl`)
  lines = []
  anew = 0
  tail = new Tail(path)
})

test('tells each line once, and waits for the end of one that is half written', async () => {
  expect(await read()).toBe(false)
  writeFileSync(path, 'a\nb\nhal')
  expect(await read()).toBe(true)
  expect(lines).toEqual(['a', 'b'])
  expect(await read()).toBe(false)
  appendFileSync(path, 'f\n')
  await read()
  expect(lines).toEqual(['a', 'b', 'half'])
  expect(anew).toBe(0)
})

test('reads a file anew that was cut off, also where it has grown past the place again', async () => {
  writeFileSync(path, 'a 1\nb 2\nc 3\n')
  await read()
  truncateSync(path, 4)
  await read()
  expect(lines).toEqual(['a 1'])
  appendFileSync(path, 'b 2\n')
  await read()
  truncateSync(path, 4)
  appendFileSync(path, 'x 9\ny 9\nz 9\n')
  expect(await read()).toBe(true)
  expect(lines).toEqual(['a 1', 'x 9', 'y 9', 'z 9'])
  expect(anew).toBe(2)
})

test('reads a file anew that another took the place of, and forgets one that is gone', async () => {
  writeFileSync(path, 'old 1\nold 2\n')
  await read()
  writeFileSync(`${path}.new`, 'new 1\nnew 2\nnew 3\n')
  renameSync(`${path}.new`, path)
  await read()
  expect(lines).toEqual(['new 1', 'new 2', 'new 3'])
  rmSync(path)
  await read()
  expect(lines).toEqual([])
  expect(await read()).toBe(false)
})

test('lines longer than what is read at once, with letters of several bytes on its edge, come whole', async () => {
  const long = `x${'é'.repeat(300_000)}`
  writeFileSync(path, `${long}\nshort\n`)
  await read()
  expect(lines).toEqual([long, 'short'])
  expect(await lineAt(path, 0)).toBe(long)
  expect(await lineAt(path, Buffer.byteLength(long) + 1)).toBe('short')
  expect(await lineAt(path, 1e9)).toBeUndefined()
})

import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tryWriting } from '../../src/common/writable.ts'

const place = () => mkdtempSync(join(tmpdir(), 'layergym-writable-'))

test('a folder that can be written stays as it is, and one that was made for the trial goes again', async () => {
  const folder = place()
  mkdirSync(join(folder, 'there'))
  await tryWriting(join(folder, 'there'))
  await tryWriting(join(folder, 'new', 'deep', 'run'))
  expect(readdirSync(folder)).toEqual(['there'])
  expect(readdirSync(join(folder, 'there'))).toEqual([])
})

test('what else was put meanwhile into a folder that was made stays', async () => {
  const folder = place()
  const trial = tryWriting(join(folder, 'a', 'b'))
  mkdirSync(join(folder, 'a'), { recursive: true })
  writeFileSync(join(folder, 'a', 'thesis'), '')
  await trial
  expect(readdirSync(join(folder, 'a'))).toContain('thesis')
})

test.runIf(process.platform === 'linux')('one that can’t is the system’s error', async () => {
  await expect(tryWriting('/proc/layergym/run')).rejects.toMatchObject({ code: 'ENOENT' })
  const folder = place()
  writeFileSync(join(folder, 'file'), '')
  await expect(tryWriting(join(folder, 'file', 'run'))).rejects.toMatchObject({ code: 'ENOTDIR' })
})

import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeArtifacts } from '../../src/models/save.ts'

const artifacts = (i: number) => ({
  modelTopology: { model: i },
  weightSpecs: [],
  weightData: new Uint8Array(100_000).fill(i).buffer,
})

test('several that save to one folder at once: model and weights are of one of them, nothing is left', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'layergym-test-'))
  const folder = join(parent, 'model')
  await writeArtifacts(artifacts(99), folder)
  await Promise.all(Array.from({ length: 6 }, (_, i) => writeArtifacts(artifacts(i), folder)))
  expect(await readdir(parent)).toEqual(['model'])
  const { modelTopology } = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'))
  const weights = await readFile(join(folder, 'weights.bin'))
  expect(weights.length).toBe(100_000)
  expect(modelTopology.model).toBeLessThan(6)
  expect(weights.every(byte => byte === modelTopology.model)).toBe(true)
})

test('a folder that holds anything else is left as it is', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'layergym-test-'))
  const folder = join(parent, 'project')
  await mkdir(join(folder, 'thesis'), { recursive: true })
  await writeFile(join(folder, 'model.json'), 'mine')
  await expect(writeArtifacts(artifacts(1), folder)).rejects.toMatchObject({
    ...{ code: 'model.other-files', kind: 'input', message: expect.stringContaining('thesis') },
  })
  expect((await readdir(folder)).sort()).toEqual(['model.json', 'thesis'])
  expect(await readFile(join(folder, 'model.json'), 'utf8')).toBe('mine')
  await expect(writeArtifacts(artifacts(1), join(folder, 'model.json'))).rejects.toMatchObject({
    code: 'model.not-a-folder',
  })
  expect(await readdir(parent)).toEqual(['project'])
})

test('of what else is in the folder three are named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'layergym-test-'))
  const refusal = () => writeArtifacts(artifacts(1), folder).catch(error => error.message)
  for (const name of ['a', 'b', 'c', 'weights.bin']) await writeFile(join(folder, name), '')
  expect(await refusal()).toContain('holds more than a model: a, b, c. A model')
  for (const name of ['d', 'e']) await writeFile(join(folder, name), '')
  expect(await refusal()).toMatch(/: (. ?,? ?){3} and 2 more\. A model/)
})

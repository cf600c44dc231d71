import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { startEngine } from '../../src/models/engine.ts'
import { loadModel } from '../../src/models/load.ts'

beforeAll(async () => {
  await startEngine()
})

test.each([
  ['null', /no modelTopology/],
  ['5', /no modelTopology/],
  ['[]', /no modelTopology/],
  ['{"modelTopology":5,"weightsManifest":[]}', /no modelTopology/],
  ['{"modelTopology":{}}', /no weightsManifest/],
  ['{"modelTopology":{},"weightsManifest":[{}]}', /no weightsManifest/],
  ['{"modelTopology":{},"weightsManifest":[null]}', /no weightsManifest/],
  ['{"modelTopology":{},"weightsManifest":[]}', /tfjs can't build this model/],
  ['{"modelTopology":{"node":[]},"weightsManifest":[]}', /is a graph model/],
  ['{"format":"graph-model"}', /is a graph model/],
  ['{', /can't be read as JSON/],
])('%s is no model, and the error says so', async (json, message) => {
  const folder = mkdtempSync(join(tmpdir(), 'layergym-model-'))
  writeFileSync(join(folder, 'model.json'), json)
  await expect(loadModel(folder)).rejects.toThrow(message)
  await expect(loadModel(folder)).rejects.toMatchObject({ name: 'LayergymError', kind: 'input' })
})

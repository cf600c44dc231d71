import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { seal, unseal } from '../../../src/runner/runs/codec.ts'
import { UnitStore } from '../../../src/runner/runs/units.ts'

const root = mkdtempSync(join(tmpdir(), 'layergym-units-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('a checkpoint has the state of when it was asked for, whatever changes while it is written', async () => {
  const store = new UnitStore(root)
  const state = { weights: Float32Array.of(1, 2), steps: 3 }
  let told = (_: { log: string; bytes: number }) => {}
  const position = new Promise<{ log: string; bytes: number }>(resolve => {
    told = resolve
  })
  const written = store.checkpoint('learning', state, [{ point: 1 }], position)
  state.weights[0] = 99
  state.steps = 4
  told({ log: 'events.jsonl', bytes: 0 })
  await written
  expect(await store.saved('learning')).toEqual({
    state: { weights: Float32Array.of(1, 2), steps: 3 },
    records: [{ point: 1 }],
  })
})

test('a seal over a last value that is encoded already is the seal over the whole', () => {
  expect(seal({ unit: 'a' }, ['state', '{"x":1}'])).toBe(seal({ unit: 'a', state: { x: 1 } }))
  expect(seal({ unit: 'a' }, ['state', undefined])).toBe(seal({ unit: 'a', state: undefined }))
  expect(unseal(seal({ unit: 'a' }, ['state', '[1]']))).toEqual({ unit: 'a', state: [1] })
})

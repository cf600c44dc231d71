import { readdirSync, readFileSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { layergym, smallRun, summaryOf, workspace, writeManifest } from '../support/e2e.ts'

// Stands between the model and the disk, so that a test can fill it.
vi.mock('node:fs/promises', async importOriginal => {
  const original = await importOriginal<typeof fs>()
  return { ...original, writeFile: vi.fn(original.writeFile) }
})
const { writeFile } = await vi.importActual<typeof fs>('node:fs/promises')
afterEach(() => void vi.mocked(fs.writeFile).mockImplementation(writeFile))

const folder = workspace()
const run = (out: string) => smallRun(folder, { out, episodes: 2 })
writeManifest(folder)

/** The disk is full while the weights are written for the n-th time. @returns how often they were begun */
function fullAt(n: number): () => number {
  let times = 0
  vi.mocked(fs.writeFile).mockImplementation(async (file, data, options) => {
    if (!String(file).endsWith('weights.bin') || ++times !== n) return writeFile(file, data, options)
    const bytes = data as Uint8Array
    await writeFile(file, bytes.subarray(0, bytes.length >> 1), options)
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    })
  })
  return () => times
}

test('a disk that is full under the model: nothing half-written, and the run goes on from there', {
  timeout: 240_000,
}, async () => {
  const times = fullAt(0)
  const whole = join(folder, 'whole')
  const { hash } = await summaryOf(run(whole))
  const saves = times()
  expect(saves).toBeGreaterThan(1)
  const bytes = readFileSync(join(whole, 'model', 'weights.bin')).length
  fullAt(saves)
  const out = join(folder, 'full')
  const { code, err } = await layergym(run(out))
  expect(code).toBe(1)
  expect(err).toMatch(/full.*no space left on the disk; free some/)
  expect(err).toContain(`layergym resume ${out}`)
  const names = readdirSync(out, { recursive: true, encoding: 'utf8' })
  expect(names.filter(name => name.includes('.partial'))).toEqual([])
  expect(names).not.toContain('summary.json')
  // The model that was there before stays, whole.
  const model = join(out, 'model')
  expect(readFileSync(join(model, 'weights.bin'))).toHaveLength(bytes)
  expect(JSON.parse(readFileSync(join(model, 'model.json'), 'utf8'))).toHaveProperty('weightsManifest')
  vi.mocked(fs.writeFile).mockImplementation(writeFile)
  expect((await summaryOf(['resume', out, '--json'])).hash).toBe(hash)
  const weights = (dir: string) => readFileSync(join(dir, 'model', 'weights.bin'))
  expect(weights(out)).toEqual(weights(whole))
})

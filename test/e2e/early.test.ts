import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { layergym, ROOT, smallRun, workspace, writeManifest } from '../support/e2e.ts'

const folder = workspace()
writeManifest(folder)
const out = join(folder, 'run')

/** Nothing decoded, nothing begun. */
async function refusedAtOnce(flags: Readonly<Record<string, string>>, words: RegExp): Promise<void> {
  const cache = join(folder, 'untouched')
  const { code, err } = await layergym(smallRun(folder, { out, cache, ...flags }))
  expect(err).toMatch(words)
  expect(code).toBe(2)
  expect(existsSync(cache)).toBe(false)
  expect(existsSync(out)).toBe(false)
}

test('a network that this engine has no gradient of', () =>
  refusedAtOnce(
    { model: join(ROOT, 'models', 'meshnet_conv3d') },
    /layer '23' \(Conv3D\) can't be trained on .*: it is dilated/,
  ))

test('a model on the net', () =>
  refusedAtOnce(
    { model: 'https://host.org/net/model.json' },
    /https:\/\/host\.org\/net\/model\.json is an address/,
  ))

test('a configuration that was edited, when its run is resumed', async () => {
  const argv = smallRun(folder, { out: join(folder, 'edited') })
  await layergym(argv, (text, abort) => {
    if (/^episode 1/.test(text)) abort()
  })
  const path = join(folder, 'edited', 'config.json')
  const original = readFileSync(path, 'utf8')
  writeFileSync(path, original.replace('"episodes": 6', '"episodes": 2'))
  const { code, err } = await layergym(['resume', join(folder, 'edited')])
  expect(code).toBe(2)
  expect(err).toContain('edited since its run began: episodes from 6 to 2.')
  writeFileSync(path, original)
  expect((await layergym(['resume', join(folder, 'edited')])).code).toBe(0)
})

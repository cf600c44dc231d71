import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { layergym, MODEL, ROOT, smallRun, summaryOf, workspace, writeManifest } from '../support/e2e.ts'
import { writeUnluckyPlugin } from '../support/plugins.ts'

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

/** Stopped in its first episode. */
async function begun(dir: string, flags: Readonly<Record<string, string>>): Promise<void> {
  const { code } = await layergym(smallRun(folder, { out: dir, ...flags }), (text, abort) => {
    if (/^episode 1/.test(text)) abort()
  })
  expect(code).toBe(130)
}

async function refusedThenDone(dir: string, path: string, change: Buffer, words: string): Promise<void> {
  const original = readFileSync(path)
  writeFileSync(path, change)
  const { code, err } = await layergym(['resume', dir])
  expect(err).toContain(`since the run in ${dir} began, this has changed: ${words}. `)
  expect(code).toBe(2)
  writeFileSync(path, original)
  expect((await layergym(['resume', dir])).code).toBe(0)
}

test('a model of which one bit of a weight changed, when its run is resumed', async () => {
  const model = join(folder, 'own-model')
  cpSync(MODEL, model, { recursive: true })
  const dir = join(folder, 'other-model')
  await begun(dir, { model })
  const { weightsManifest } = JSON.parse(readFileSync(join(model, 'model.json'), 'utf8'))
  const shard = join(model, weightsManifest[0].paths[0])
  const changed = readFileSync(shard)
  changed[changed.length - 4] ^= 1
  await refusedThenDone(dir, shard, changed, 'the model')
})

test('a plugin whose file changed, when its run is resumed', async () => {
  const own = join(folder, 'plugins')
  mkdirSync(own)
  const plugin = writeUnluckyPlugin(own, [])
  const dir = join(folder, 'other-plugin')
  await begun(dir, { plugin, agent: 'unlucky', 'agent-config': '{}' })
  const changed = Buffer.from(`${readFileSync(plugin, 'utf8')}\n// changed\n`)
  await refusedThenDone(dir, plugin, changed, `plugin ${plugin}`)
})

test("a run's configuration has all settings of its agents, and alone makes the same run again", async () => {
  const dir = join(folder, 'whole')
  const flags = { agent: 'ppo', root: 'dqn', 'agent-config': '{}', 'root-config': '{"learningRate":0.001}' }
  const { hash } = await summaryOf(smallRun(folder, { ...flags, out: dir }))
  const config = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'))
  expect(config).toMatchObject({
    kind: 'fine-tune',
    agentConfig: { preset: 'fine-tuning', hidden: [32], learningRate: 5e-3, episodesPerUpdate: 2 },
    rootConfig: { preset: 'fine-tuning', learningRate: 0.001, bufferSize: expect.any(Number) },
  })
  const again = ['fine-tune', '--config', join(dir, 'config.json'), '--out', join(folder, 'again'), '--json']
  expect((await summaryOf(again)).hash).toBe(hash)
  const { code, err } = await layergym([
    'train',
    '--config',
    join(dir, 'config.json'),
    '--out',
    join(folder, 'no'),
  ])
  expect([code, err]).toEqual([
    2,
    expect.stringContaining("this configuration is of 'fine-tune', not of 'train'"),
  ])
})

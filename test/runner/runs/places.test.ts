import { mkdirSync, writeFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anchored, portable } from '../../../src/runner/runs/places.ts'
import { atFolder, RunFolder } from '../../../src/runner/runs/run-folder.ts'
import { below, FRESH, folder, place, UUID } from './folders.ts'

describe('a configuration that was edited', () => {
  const config = { kind: 'fine-tune', seed: 1, episodes: 6, data: '/clips', agentConfig: { hidden: [8] } }
  async function edited(change: Readonly<Record<string, unknown>>) {
    const dir = await folder()
    await RunFolder.create(dir, config, false)
    await writeFile(join(dir, 'config.json'), JSON.stringify({ ...config, ...change }))
    return dir
  }

  test.each([
    [{ episodes: 12 }, 'episodes from 6 to 12'],
    [{ agentConfig: { hidden: [9] } }, 'agentConfig from {"hidden":[8]} to {"hidden":[9]}'],
    [{ gamma: 0.5 }, 'gamma from nothing to 0.5'],
    [{ seed: undefined }, 'seed from 1 to nothing'],
  ])('%j is refused, with what was changed', async (change, words) => {
    const opening = RunFolder.open(await edited(change))
    await expect(opening).rejects.toMatchObject({ code: 'run.edited', exitCode: 2 })
    await expect(opening).rejects.toThrow(`edited since its run began: ${words}. `)
  })

  test('of many changes some are named, and long ones are cut short', async () => {
    const dir = await folder()
    const many = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`setting${i}`, i]))
    await RunFolder.create(dir, { ...config, ...many, words: 'a'.repeat(90), short: 'b'.repeat(78) }, false)
    const changed = Object.fromEntries(Object.keys(many).map(key => [key, 'other']))
    const edit = (change: object) =>
      writeFile(join(dir, 'config.json'), JSON.stringify({ ...config, ...change }))
    await edit({ ...changed, words: 'a'.repeat(90), short: 'b'.repeat(78) })
    const five = [0, 1, 2, 3, 4].map(i => `setting${i} from ${i} to "other"`).join(', ')
    await expect(RunFolder.open(dir)).rejects.toThrow(`${five}, and 2 more. A run goes on`)
    await edit({ ...many, words: 1, short: 1 })
    const words = `words from "${'a'.repeat(76)}… to 1, short from "${'b'.repeat(78)}" to 1. A run goes on`
    await expect(RunFolder.open(dir)).rejects.toThrow(words)
  })

  test('places may change, and so may the layout and the place of the folder itself', async () => {
    const dir = await edited({ data: '/moved/clips', out: '/elsewhere' })
    await cp(dir, `${dir}-moved`, { recursive: true })
    expect((await RunFolder.open(`${dir}-moved`)).config).toMatchObject({ data: '/moved/clips', seed: 1 })
  })
})

describe('a folder', () => {
  test('of many other files is refused with the first of them, and how many more', async () => {
    const dir = await folder()
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    await place(dir, ...names.slice(0, 5))
    await expect(RunFolder.create(dir, {}, true)).rejects.toThrow('(a, b, c, d, e): it is not overwritten')
    await place(dir, ...names)
    await expect(RunFolder.create(dir, {}, true)).rejects.toThrow('(a, b, c, d, e and 2 more): it is not')
  })

  test('that is a file is none', async () => {
    const dir = await folder()
    await place(dirname(dir), 'run')
    await expect(RunFolder.create(dir, {}, true)).rejects.toMatchObject({
      code: 'run.not-a-folder',
      exitCode: 2,
    })
  })

  test('in which a run was killed while it began is as good as an empty one', async () => {
    const dir = await folder()
    await place(dir, `config.json.${UUID}.partial`)
    await RunFolder.create(dir, { kind: 'train', seed: 1 }, false)
    expect((await RunFolder.open(dir)).config).toEqual({ kind: 'train', seed: 1 })
  })

  test.each(['checkpoints', 'config.json'])(
    'whose run could not begin, since another has put %s there meanwhile, is left with that alone',
    async name => {
      const dir = await folder()
      const config = {
        kind: 'train',
        get seed() {
          mkdirSync(dir, { recursive: true })
          writeFileSync(join(dir, name), 'theirs')
          return 1
        },
      }
      const code = name === 'config.json' ? 'run.exists' : 'EEXIST'
      await expect(RunFolder.create(dir, config, false)).rejects.toMatchObject({ code })
      expect(await below(dir)).toEqual([name])
      expect(await readFile(join(dir, name), 'utf8')).toBe('theirs')
    },
  )

  test('whose configuration or beginning can’t be read is broken', async () => {
    const dir = await folder()
    await RunFolder.create(dir, { kind: 'train', seed: 1 }, false)
    const { folder: run } = await RunFolder.open(dir)
    expect(await run.origin()).toBeUndefined()
    await run.begin({ engine: 'cpu', versions: {}, fingerprints: {} }, { log: 'events.jsonl', bytes: 3 })
    expect(await run.origin()).toEqual({
      origin: { engine: 'cpu', versions: {}, fingerprints: {} },
      events: { log: 'events.jsonl', bytes: 3 },
    })
    for (const text of ['{', '{}', '{"events":{"bytes":"3"}}', 'null']) {
      await writeFile(join(dir, 'run.json'), text)
      await expect(run.origin()).rejects.toMatchObject({ code: 'run.broken', exitCode: 2 })
    }
    await writeFile(join(dir, 'config.json'), '{')
    await expect(RunFolder.open(dir)).rejects.toMatchObject({ code: 'run.broken', exitCode: 2 })
  })

  test('is cleared of what a kill left half-written, and of nothing else', async () => {
    const dir = await folder()
    await RunFolder.create(dir, { kind: 'train', seed: 1 }, false)
    const kept = ['outcomes/a.json', 'checkpoints/checkpoint-000001.json', 'thesis.partial']
    await place(
      dir,
      ...kept,
      `summary.json.${UUID}.partial`,
      `model.${UUID}.partial/weights.bin`,
      `outcomes/a.json.${UUID}.partial`,
      `checkpoints/checkpoint-000002.json.${UUID}.partial`,
    )
    const { folder: run } = await RunFolder.open(dir)
    await run.removeUnfinished()
    expect(await below(dir)).toEqual([...FRESH, ...kept].sort())
  })

  test('is told with errors that come without a path, as those of a full disk do', async () => {
    const dir = await folder()
    await RunFolder.create(dir, { kind: 'train', seed: 1 }, false)
    const { folder: run } = await RunFolder.open(dir)
    const told = (error: Error) => atFolder(run, () => Promise.reject(error)).catch(thrown => thrown.path)
    expect(await told(Object.assign(new Error('full'), { syscall: 'write' }))).toBe(dir)
    expect(await told(Object.assign(new Error('full'), { syscall: 'open', path: '/there' }))).toBe('/there')
    expect(await told(new Error('other'))).toBeUndefined()
    expect(await atFolder(run, async () => 3)).toBe(3)
  })
})

describe('moved', () => {
  const origin = { engine: 'cpu', versions: {}, fingerprints: {} }
  /** A project with data, a model and a plugin, and a run of them that has begun. */
  async function project() {
    const root = await mkdtemp(join(tmpdir(), 'layergym-test-'))
    await place(root, 'data/a.mp4', 'models/net/model.json', 'mine.ts')
    const config = {
      ...{ kind: 'fine-tune', seed: 1, overwrite: false, model: join(root, 'models/net'), cache: undefined },
      ...{
        data: join(root, 'data'),
        plugin: [join(root, 'mine.ts'), 'a-package'],
        out: join(root, 'runs/a'),
      },
      agentConfig: { model: './as-it-is', data: '/as/it/is' },
      train: { one: { data: join(root, 'data') } },
    }
    const run = await RunFolder.create(config.out, config, false)
    await run.begin(origin, { log: 'events.jsonl', bytes: 0 })
    return { root, config, run }
  }

  test('what lies in the folder tells nothing of where it is but its own place', async () => {
    const { root, config, run } = await project()
    expect(await readFile(join(config.out, 'config.json'), 'utf8')).not.toContain(root)
    await run.finish({ runDir: config.out, model: join(config.out, 'model'), text: root })
    expect(JSON.parse(await readFile(join(config.out, 'summary.json'), 'utf8'))).toEqual({
      ...{ runDir: '.', model: './model', text: root },
    })
    expect(await run.summary()).toMatchObject({ runDir: config.out, model: join(config.out, 'model') })
  })

  test('with all that it needs, it finds that where it is now', async () => {
    const { root, config } = await project()
    const moved = `${root}-elsewhere`
    await rename(root, moved)
    const { config: read } = await RunFolder.open(join(moved, 'runs/a'))
    expect(JSON.stringify(read)).toBe(JSON.stringify(config).replaceAll(root, moved))
  })

  test('what is no path of the run’s is left as it is', async () => {
    const dir = '/runs/a'
    const settings = {
      ...{
        data: 'relative',
        model: '/runs/a/model',
        policy: '/runs/b/policy.json',
        out: '/runs/a',
        text: '/runs',
      },
      ...{ table: null, dir: '/runs', list: ['/runs/a'], plugin: ['/runs/a/x', 7], when: new Date(0) },
    }
    const kept = portable(settings, dir)
    expect(kept).toEqual({
      ...settings,
      ...{ model: './model', policy: '../b/policy.json', out: '.', dir: '..', plugin: ['./x', 7] },
    })
    expect(anchored(kept, dir)).toEqual(settings)
    // Not a path of ours: it begins with no dot of its own.
    expect(anchored({ data: '.hidden/x', model: '...' }, dir)).toEqual({ data: '.hidden/x', model: '...' })
  })

  test('alone, it finds what it needs where that was', async () => {
    const { root, config } = await project()
    const moved = join(root, 'archive/of/2026/a')
    await mkdir(dirname(moved), { recursive: true })
    await rename(config.out, moved)
    expect((await RunFolder.open(moved)).config).toEqual({
      ...JSON.parse(JSON.stringify(config)),
      out: moved,
    })
  })
})

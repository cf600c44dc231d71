import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { writeAtomic, writeNew } from '../../../src/runner/runs/atomic.ts'
import { foreignFiles } from '../../../src/runner/runs/run-files.ts'
import { RunFolder } from '../../../src/runner/runs/run-folder.ts'
import { listedNames, unlisted } from '../../support/run-folder-page.ts'
import { below, FRESH, folder, place, UUID } from './folders.ts'

describe('overwriting', () => {
  test('removes all that runs of every kind write', async () => {
    const dir = await folder()
    const config = { agents: ['ppo', 'a+b'], seed: 1, overwrite: true }
    await RunFolder.create(dir, config, false)
    const run = ['summary.json', 'report.html', 'policy.json', 'events.jsonl', 'config.json']
    await place(
      dir,
      ...run,
      'model/model.json',
      'model/weights.bin',
      'checkpoints/checkpoint-000012.json',
      'tensorboard/events.out.tfevents.123.host',
      'videos/episode-0.mp4',
      'outcomes/a@1@b.json',
      'outcomes/learning.jsonl',
      'run.json',
      'events-1-of-2.jsonl',
      ...run.map(name => `ppo-1/${name}`),
      'ppo-1/videos/episode-0.mp4',
      'a+b-2/run.json',
      `summary.json.${UUID}.partial`,
      `model.${UUID}.partial/weights.bin`,
      `checkpoints/checkpoint-000013.json.${UUID}.partial`,
      'config.json.partial',
      `videos/episode-1.mp4.${UUID}.part`,
    )
    await RunFolder.create(dir, { seed: 2, overwrite: true }, true)
    expect(await below(dir)).toEqual(FRESH)
    expect(await readdir(dir)).not.toContain('model')
  })

  test.each([
    ['beside', 'notes.txt', 'notes.txt'],
    ['in a folder that runs write', 'model/model.onnx', 'model/model.onnx'],
    ['in a folder of its own', 'figures/loss.png', 'figures/'],
    ['called like something unfinished', 'thesis.partial', 'thesis.partial'],
    ['of a benchmark that it is not', 'ppo-1/config.json', 'ppo-1/'],
  ])('something else %s is refused by name, and nothing is deleted', async (_, file, named) => {
    const dir = await folder()
    await RunFolder.create(dir, { seed: 1, overwrite: false }, false)
    await place(dir, file, 'summary.json')
    const before = await below(dir)
    const overwriting = RunFolder.create(dir, { seed: 2 }, true)
    await expect(overwriting).rejects.toMatchObject({ code: 'run.other-files', exitCode: 2 })
    await expect(overwriting).rejects.toThrow(`: ${named}. Nothing was deleted`)
    expect(await below(dir)).toEqual(before)
  })

  test("another program's config.json makes no run: a Hugging Face model survives", async () => {
    const dir = await folder()
    await place(dir, 'model.safetensors')
    await writeFile(join(dir, 'config.json'), '{"architectures":["ViT"],"model_type":"vit"}')
    for (const alone of [false, true]) {
      if (alone) await rename(join(dir, 'model.safetensors'), `${dir}.safetensors`)
      const before = await below(dir)
      const overwriting = RunFolder.create(dir, { seed: 1 }, true)
      await expect(overwriting).rejects.toThrow(/a config\.json that is not a run's.*not overwritten/)
      await expect(RunFolder.refuseExisting(dir, false)).rejects.not.toThrow(/--overwrite/)
      expect(await below(dir)).toEqual(before)
    }
  })

  test('a link is taken away, not what it leads to', async () => {
    const dir = await folder()
    await RunFolder.create(dir, { seed: 1, overwrite: false }, false)
    const elsewhere = await mkdtemp(join(tmpdir(), 'layergym-test-'))
    await place(elsewhere, 'policy.json')
    await symlink(join(elsewhere, 'policy.json'), join(dir, 'policy.json'))
    await RunFolder.create(dir, { seed: 2 }, true)
    expect(await below(dir)).toEqual(FRESH)
    expect(await below(elsewhere)).toEqual(['policy.json'])
  })

  test('of several that begin in one folder at once, one gets it', async () => {
    const dir = await folder()
    const begun = await Promise.allSettled(
      Array.from({ length: 8 }, (_, seed) => RunFolder.create(dir, { kind: 'train', seed }, false)),
    )
    const [winner, ...more] = begun.flatMap((result, seed) => (result.status === 'fulfilled' ? [seed] : []))
    expect(more).toEqual([])
    for (const result of begun)
      if (result.status === 'rejected') expect(result.reason.code).toBe('run.exists')
    expect((await RunFolder.open(dir)).config).toEqual({ kind: 'train', seed: winner })
    expect(await below(dir)).toEqual(FRESH)
  })
})

describe('atomic files', () => {
  test('many writers of one file: it is one of theirs, whole, and nothing is left beside it', async () => {
    const path = join(await folder(), 'file')
    const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(50_000))
    await Promise.all(contents.map(content => writeAtomic(path, content)))
    expect(contents).toContain(await readFile(path, 'utf8'))
    expect(await readdir(dirname(path))).toEqual(['file'])
  })

  test('a new file is written by one, and never replaced', async () => {
    const path = join(await folder(), 'file')
    const results = await Promise.allSettled(['a', 'b', 'c'].map(content => writeNew(path, content)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const content = await readFile(path, 'utf8')
    await expect(writeNew(path, 'd')).rejects.toMatchObject({ code: 'EEXIST' })
    expect(await readFile(path, 'utf8')).toBe(content)
    expect(await readdir(dirname(path))).toEqual(['file'])
  })
})

test('what the guide lists is what `--overwrite` knows, of every kind of run', async () => {
  const uuid = UUID
  const examples = listedNames().map(name =>
    name
      .replace('AGENT-SEED/…', 'ppo-3/summary.json')
      .replace('…', 'summary.json')
      .replace('UUID', uuid)
      .replace('UNIT', 'search@a@1.json')
      .replace('NAME', 'x')
      .replace(/\bI\b/, '1')
      .replace(/\bN\b/, '000002'),
  )
  expect(examples.length).toBeGreaterThan(15)
  const dir = await folder()
  await place(dir, ...examples)
  expect(await foreignFiles(dir, { agents: ['ppo'] })).toEqual([])
  expect(unlisted(['model/other.bin', 'notes.txt', 'outcomes/a/b.json'])).toHaveLength(3)
})

describe('a folder from others, with links in it: nothing is written through them', () => {
  test.each([
    'events.jsonl',
    'outcomes/learning.jsonl',
    'checkpoints',
    'summary.json',
    'tensorboard/events.out.tfevents.1',
  ])('%s', async name => {
    const dir = await folder()
    await RunFolder.create(dir, { kind: 'train', seed: 1, overwrite: false }, false)
    const theirs = join(dir, '..', 'theirs')
    if (name === 'checkpoints') await rename(join(dir, name), theirs)
    else await writeFile(theirs, 'a line of theirs\n')
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await symlink(theirs, join(dir, name))
    await expect(RunFolder.open(dir)).rejects.toMatchObject({ code: 'run.link', kind: 'input' })
  })

  test('a pipe is not waited for', async () => {
    const dir = await folder()
    await RunFolder.create(dir, { kind: 'train', seed: 1, overwrite: false }, false)
    execFileSync('mkfifo', [join(dir, 'run.json')])
    await expect(RunFolder.open(dir)).rejects.toMatchObject({ code: 'run.link' })
  })

  test('nor where a run is to be overwritten', async () => {
    const dir = await folder()
    await RunFolder.create(dir, { kind: 'train', seed: 1, overwrite: false }, false)
    await rm(join(dir, 'checkpoints', 'config.json'))
    execFileSync('mkfifo', [join(dir, 'checkpoints', 'config.json')])
    await RunFolder.create(dir, { kind: 'train', seed: 2, overwrite: true }, true)
    expect(await below(dir)).toEqual(FRESH)
    expect((await RunFolder.open(dir)).config).toMatchObject({ seed: 2 })
  })

  test('of a benchmark, in the runs within too; what people put beside is theirs', async () => {
    const dir = await folder()
    const config = { kind: 'benchmark', seed: 1, overwrite: false, agents: ['ppo'] }
    await RunFolder.create(dir, config, false)
    await symlink('/dev/null', join(dir, 'my-notes'))
    expect((await RunFolder.open(dir)).config).toEqual(config)
    await mkdir(join(dir, 'ppo-1'))
    await symlink('/dev/null', join(dir, 'ppo-1', 'events.jsonl'))
    await expect(RunFolder.open(dir)).rejects.toMatchObject({ code: 'run.link' })
  })
})

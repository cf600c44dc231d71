import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadDataset } from '../../src/data/load.ts'
import { splitDataset } from '../../src/data/split.ts'
import type { FineTuneSummary } from '../../src/runner/jobs/fine-tune/summary.ts'
import { CACHE, layergym, ROOT, smallRun, summaryOf, workspace } from '../support/e2e.ts'

const folder = workspace()
const SHIPPED = join(ROOT, 'data', 'grid_command', 'clips')
const data = join(folder, 'clips')
const quick = { data, episodes: 1, baselines: 'none' } as const
let summary: FineTuneSummary

/** The n-th shipped clip of a class. */
function shipped(label: string, n: number): string {
  return join(SHIPPED, label, readdirSync(join(SHIPPED, label)).sort()[n])
}

async function evaluate(path: string, ...more: readonly string[]) {
  const argv = ['evaluate', '--model', summary.model, '--data', path, '--cache', CACHE]
  const { code, out, err } = await layergym([...argv, '--json', ...more])
  return { code, err, result: code === 0 ? JSON.parse(out) : undefined }
}

beforeAll(async () => {
  for (const label of ['bin', 'set']) {
    mkdirSync(join(data, label), { recursive: true })
    for (let i = 0; i < 12; i++) copyFileSync(shipped(label, i), join(data, label, `${i}.mp4`))
  }
  summary = await summaryOf(smallRun(folder, { ...quick, out: join(folder, 'run') }))
})

describe('a model remembers its clips', () => {
  test('test is what its run tested', async () => {
    const { result, err } = await evaluate(data)
    expect(result.clips).toBe(summary.test.clips)
    expect(result.leftOut).toBe(24 - summary.test.clips)
    expect(result.accuracy).toBeCloseTo(summary.test.parts.accuracy, 10)
    expect(err).toMatch(
      new RegExp(`left out ${result.leftOut} of 24 clips: the model has seen them.*train.*--split all`),
    )
  })

  test('the other splits are those of its run, and all is all', async () => {
    const splits = ['train', 'probe', 'reward'] as const
    const dataset = await loadDataset(data)
    const drawn = splitDataset(dataset, { seed: 1 }).splits
    for (const split of splits)
      expect((await evaluate(data, '--split', split)).result.clips).toBe(drawn[split].length)
    expect((await evaluate(data, '--split', 'all')).result).toMatchObject({ clips: 24, leftOut: 0 })
  })

  test('one clip more in the folder, and another name of one: none that it was trained on becomes test', async () => {
    const grown = join(folder, 'grown')
    cpSync(data, grown, { recursive: true })
    copyFileSync(shipped('bin', 20), join(grown, 'bin', '0-first.mp4'))
    renameSync(join(grown, 'set', '3.mp4'), join(grown, 'set', 'renamed.mp4'))
    const { result } = await evaluate(grown)
    expect(result.clips).toBe(summary.test.clips + 1)
    expect(result.leftOut).toBe(24 - summary.test.clips)
  })

  test('new clips alone are scored as they are, of one class too', async () => {
    const path = join(folder, 'new.csv')
    writeFileSync(
      path,
      ['path,label,split', `${shipped('bin', 21)},bin,test`, `${shipped('bin', 22)},bin,test`].join('\n'),
    )
    const { result } = await evaluate(path)
    expect(result).toMatchObject({ clips: 2, leftOut: 0 })
    expect(result.balancedAccuracy).toBe(result.accuracy)
  })

  test('clips that the manifest gives to training are no test', async () => {
    const path = join(folder, 'mixed.csv')
    const rows = [`${shipped('bin', 21)},bin,test`, `${shipped('set', 22)},set,train`]
    writeFileSync(path, ['path,label,split', ...rows].join('\n'))
    const { result, err } = await evaluate(path)
    expect(result).toMatchObject({ clips: 1, leftOut: 1 })
    expect(err).toContain('left out 1 clips that the manifest puts into other splits')
  })

  test('clips of a recording of which it has seen others are pointed out', async () => {
    const path = join(folder, 'recordings.csv')
    const { splits } = splitDataset(await loadDataset(data), { seed: 1 })
    const rows = [`${splits.train[0].path},bin,mary`, `${shipped('bin', 23)},bin,mary`]
    writeFileSync(path, ['path,label,group', ...rows].join('\n'))
    const { result, err } = await evaluate(path)
    expect(result).toMatchObject({ clips: 1, leftOut: 1 })
    expect(err).toContain('1 of the 1 test clips are of recordings of which the model has seen other clips')
  })

  test('where nothing is new there is nothing to test', async () => {
    const { splits } = splitDataset(await loadDataset(data), { seed: 1 })
    const path = join(folder, 'seen.csv')
    const rows = splits.train.map(clip => `${clip.path},${clip.label}`)
    writeFileSync(path, ['path,label', ...rows].join('\n'))
    const { code, err } = await evaluate(path)
    expect(code).toBe(2)
    expect(err).toMatch(/the model has seen all \d+ clips.*--split all/)
    expect((await evaluate(path, '--split', 'reward')).err).toMatch(/none of the \d+ clips.*reward split/)
    expect((await evaluate(path, '--split', 'train')).result.clips).toBe(splits.train.length)
  })

  test('so does one that was fine-tuned from it, and says what it had seen before', async () => {
    const further = { ...quick, model: summary.model, out: join(folder, 'further'), seed: 5 }
    const { code, out, err } = await layergym(smallRun(folder, further))
    expect(code, err).toBe(0)
    expect(err).toMatch(/\d+ of the \d+ test clips were seen by the model that this run starts from/)
    const { model } = JSON.parse(out) as FineTuneSummary
    const memory = (path: string) =>
      JSON.parse(readFileSync(join(path, 'model.json'), 'utf8')).userDefinedMetadata.layergym.memory
    expect(memory(model).train).toEqual(expect.arrayContaining(memory(summary.model).train))
  })

  test('one of an earlier version, without memory, is split as its run was, and says so', async () => {
    const older = join(folder, 'older')
    cpSync(summary.model, older, { recursive: true })
    const json = JSON.parse(readFileSync(join(older, 'model.json'), 'utf8'))
    delete json.userDefinedMetadata.layergym.memory
    writeFileSync(join(older, 'model.json'), JSON.stringify(json))
    const { result, err } = await evaluate(data, '--model', older)
    expect(result.accuracy).toBeCloseTo(summary.test.parts.accuracy, 10)
    expect(result).toMatchObject({ clips: summary.test.clips, leftOut: 0 })
    expect(err).toContain('saved by an earlier version')
  })
})

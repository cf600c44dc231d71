import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { openClipCache } from '../../src/data/clip-cache.ts'
import type { Clip, Dataset } from '../../src/data/dataset.ts'
import { loadDataset } from '../../src/data/load.ts'
import { openClipSource } from '../../src/data/source.ts'
import { splitDataset } from '../../src/data/split.ts'
import { tf } from '../../src/models/tf.ts'
import type { FineTuneSummary } from '../../src/runner/jobs/fine-tune/summary.ts'
import { anchored } from '../../src/runner/runs/places.ts'
import { CACHE, layergym, ROOT, smallRun, workspace, writeManifest } from '../support/e2e.ts'

const folder = workspace()
const data = writeManifest(folder)
const out = join(folder, 'run')
let printed = ''
let summary: FineTuneSummary

beforeAll(async () => {
  const {
    code,
    out: text,
    err,
  } = await layergym(
    smallRun(folder, { out, 'baseline-seeds': 2, baselines: 'linearProbe,fullFineTune,fromScratch' }),
  )
  expect(err).toContain('done, hash')
  expect(code).toBe(0)
  printed = text
  summary = JSON.parse(text) as FineTuneSummary
})

describe('fine-tune --json', () => {
  test('prints the summary alone, which summary.json equals but for its paths, relative to the folder', () => {
    expect(printed.endsWith('}\n')).toBe(true)
    expect(printed.trimEnd().split('\n')).toHaveLength(1)
    const written = readFileSync(join(out, 'summary.json'), 'utf8')
    expect(anchored(JSON.parse(written), out)).toEqual(summary)
    for (const name of ['summary.json', 'config.json', 'policy.json', 'events.jsonl'])
      expect(readFileSync(join(out, name), 'utf8')).not.toContain(folder)
  })

  test('has every key of the contract', () => {
    const number = expect.any(Number)
    const baseline = {
      primary: number,
      accuracy: number,
      loss: number,
      // Seeds that no setting was chosen on.
      perSeed: [
        expect.objectContaining({ seed: 3, primary: number, accuracy: number, loss: number }),
        expect.objectContaining({ seed: 4, primary: number, accuracy: number, loss: number }),
      ],
      flops: number,
      seconds: number,
    }
    expect(summary).toMatchObject({
      runDir: out,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      engine: expect.any(String),
      groups: [1, 2].map(() => ({ name: expect.any(String), parameters: number, flops: number })),
      test: { primary: number, accuracy: number, balancedAccuracy: number, loss: number },
      baselines: { linearProbe: baseline, fullFineTune: baseline, fromScratch: baseline },
      model: join(out, 'model'),
    })
    expect(summary.episodes.map(episode => episode.index)).toEqual([0, 1, 2, 3, 4, 5, 6])
    for (const { return: sum, flops, seconds } of summary.episodes) {
      expect(Number.isFinite(sum)).toBe(true)
      expect(flops).toBeGreaterThan(0)
      expect(seconds).toBeGreaterThan(0)
    }
    expect(Object.values(summary.updates)).toEqual([3, 3])
    expect(Object.keys(summary.updates)).toEqual(summary.groups.map(group => group.name))
  })

  test('means of baselines are those of their seeds', () => {
    for (const { perSeed, parts, loss } of Object.values(summary.baselines)) {
      expect(parts.accuracy).toBeCloseTo((perSeed[0].parts.accuracy + perSeed[1].parts.accuracy) / 2, 12)
      expect(loss).toBeCloseTo((perSeed[0].loss + perSeed[1].loss) / 2, 12)
    }
  })

  test('the run folder holds the report, the policy, the events and checkpoints, nothing half-written', () => {
    expect(readdirSync(out).sort()).toEqual(
      [
        'checkpoints',
        'config.json',
        'events.jsonl',
        'model',
        'outcomes',
        'policy.json',
        'report.html',
        'run.json',
        'summary.json',
      ].sort(),
    )
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain(summary.hash)
  })
})

describe('the model', () => {
  test('loads in plain tfjs and scores the same on the test split', async () => {
    const dir = join(out, 'model')
    const json = JSON.parse(readFileSync(join(dir, 'model.json'), 'utf8'))
    const weights = readFileSync(join(dir, 'weights.bin'))
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({
        modelTopology: json.modelTopology,
        weightSpecs: json.weightsManifest[0].weights,
        weightData: weights.buffer.slice(
          weights.byteOffset,
          weights.byteOffset + weights.byteLength,
        ) as ArrayBuffer,
      }),
    )
    const { classes, frameRate } = json.userDefinedMetadata.layergym
    expect(classes).toEqual(['bin', 'set'])
    const dataset: Dataset = await loadDataset(data)
    const { test: clips } = splitDataset(dataset, { seed: 1 }).splits
    expect(clips).toHaveLength(summary.test.clips)
    const pixels = await pixelsOf(clips, frameRate)
    const [, frames, height, width, channels] = model.inputs[0].shape as number[]
    const input = tf.tensor(Float32Array.from(pixels), [clips.length, frames, height, width, channels])
    const output = model.predict(input) as tf.Tensor
    const probabilities = (await output.array()) as number[][]
    const truth = clips.map(clip => classes.indexOf(clip.label))
    const hits = probabilities.filter((p, i) => p.indexOf(Math.max(...p)) === truth[i]).length
    const loss = probabilities.reduce((sum, p, i) => sum - Math.log(p[truth[i]]), 0) / clips.length
    expect(hits / clips.length).toBeCloseTo(summary.test.parts.accuracy, 10)
    expect(Math.abs(loss - summary.test.loss)).toBeLessThan(1e-4)
  })

  test('evaluates to what the summary says', async () => {
    const argv = [
      'evaluate',
      '--model',
      summary.model,
      '--data',
      data,
      '--split',
      'test',
      '--cache',
      CACHE,
      '--json',
    ]
    const { code, out: text } = await layergym(argv)
    expect(code).toBe(0)
    const result = JSON.parse(text)
    expect(result.accuracy).toBeCloseTo(summary.test.parts.accuracy, 10)
    expect(result.balancedAccuracy).toBeCloseTo(summary.test.parts.balancedAccuracy, 10)
    expect(Math.abs(result.loss - summary.test.loss)).toBeLessThan(1e-4)
    expect(result.perClass.map((c: { label: string }) => c.label)).toEqual(['bin', 'set'])
    expect(result.confusion).toEqual(summary.test.confusion)
  })

  test('predicts one clip, and a folder with folders in it', async () => {
    const clip = join(
      ROOT,
      'data',
      'grid_command',
      'clips',
      'bin',
      readdirSync(join(ROOT, 'data/grid_command/clips/bin'))[0],
    )
    const model = ['--model', join(summary.model, 'model.json'), '--cache', CACHE, '--json']
    const one = JSON.parse((await layergym(['predict', clip, ...model])).out)
    expect(one).toHaveLength(1)
    expect(Object.keys(one[0].probabilities)).toEqual(['bin', 'set'])
    expect(one[0].probabilities.bin + one[0].probabilities.set).toBeCloseTo(1, 5)
    const inner = join(folder, 'new', 'inner')
    mkdirSync(inner, { recursive: true })
    copyFileSync(clip, join(inner, 'same.mp4'))
    const many = JSON.parse((await layergym(['predict', join(folder, 'new'), ...model])).out)
    expect(many).toHaveLength(1)
    expect(many[0].path).toBe(join(inner, 'same.mp4'))
    expect(many[0].probabilities).toEqual(one[0].probabilities)
  })

  test('fine-tunes further, its head kept', async () => {
    const further = join(folder, 'further')
    const argv = smallRun(folder, {
      model: summary.model,
      out: further,
      episodes: 0,
      'learning-rate': 1e-6,
      baselines: 'none',
    })
    const { code, err } = await layergym(argv)
    expect(err).toContain('done, hash')
    expect(code).toBe(0)
    const again = JSON.parse(readFileSync(join(further, 'summary.json'), 'utf8')) as FineTuneSummary
    // Not where a fresh head would begin, at ln 2, nor a solved one: where this one ended, but for a few tiny steps.
    expect(Math.abs(again.test.loss - summary.test.loss)).toBeLessThan(0.05)
  })
})

test('a resumed run that is finished prints its summary again', async () => {
  const { code, out: text } = await layergym(['resume', out, '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(text)).toEqual(summary)
  expect(existsSync(join(out, 'summary.json'))).toBe(true)
})

async function pixelsOf(clips: readonly Clip[], frameRate: number): Promise<Uint8Array> {
  const opened = openClipCache({
    dir: join(CACHE, 'clips'),
    size: [28, 28],
    channels: 1,
    fit: 'crop',
    frameRate,
  })
  await opened.prepare(clips)
  const pixels = openClipSource({ cache: opened, frames: 2 }).batch(clips, 'uniform')
  opened.close()
  return pixels
}

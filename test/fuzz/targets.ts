import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readSettings } from '../../src/cli/options.ts'
import { messageOf } from '../../src/common/error.ts'
import type { Rng } from '../../src/common/random.ts'
import { parseConfig } from '../../src/common/settings.ts'
import { loadDataset } from '../../src/data/load.ts'
import { readSequence } from '../../src/data/sequence.ts'
import { decodeVideo, probeVideo } from '../../src/data/video.ts'
import { loadModel } from '../../src/models/load.ts'
import { tf } from '../../src/models/tf.ts'
import { fineTuneSchema } from '../../src/runner/instances/config.ts'
import { loadPolicy } from '../../src/runner/instances/policy.ts'
import { studySchema } from '../../src/runner/jobs/study/config.ts'
import { trainSchema } from '../../src/runner/jobs/train/config.ts'
import { loadTrainedPolicy } from '../../src/runner/jobs/train/policy.ts'
import { RunFolder } from '../../src/runner/runs/run-folder.ts'
import { UnitStore } from '../../src/runner/runs/units.ts'
import { coco, lines, png, voc, vocObject } from '../data/annotations/fixtures.ts'
import { mutateBytes, mutateJson, mutateText } from './mutate.ts'

/** A kind of file, whole, and who reads it. */
export interface Target {
  readonly name: string
  /** Reads one of its files, changed; returns what a right answer must equal, where only one answer is right. */
  attack(rng: Rng): Promise<void>
}

/** Files by name, one of them changed by each attack. */
export function files(
  name: string,
  whole: Readonly<Record<string, string | Uint8Array>>,
  changed: readonly string[],
  read: (folder: string, file: string) => Promise<unknown>,
): Target {
  const folder = mkdtempSync(join(tmpdir(), 'layergym-fuzz-'))
  for (const [file, content] of Object.entries(whole)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), content)
  }
  return {
    name,
    async attack(rng) {
      const file = changed[rng.int(changed.length)]
      writeFileSync(join(folder, file), mutated(whole[file], rng))
      await read(folder, file).finally(() => writeFileSync(join(folder, file), whole[file]))
    },
  }
}

function mutated(content: string | Uint8Array, rng: Rng): string | Uint8Array {
  if (typeof content !== 'string') return mutateBytes(content, rng)
  if (/^[[{]/.test(content) && rng.int(4) > 0) return JSON.stringify(mutateJson(JSON.parse(content), rng))
  return mutateText(content, rng)
}

const picture = png(
  8,
  6,
  Array.from({ length: 48 }, (_, i) => i % 3),
)
const yaml = `model: m
data: d
task: action-recognition
agent: ppo
agent-config: { hidden: [16, 8], learningRate: 0.001 }
groups: 3
episodes: 20
budget-steps: 120
size: 64x64
baselines: full, head
seed: 1
`

/** Everything that people hand to layergym as files. @param clip a whole video; @param policies policy.json of both kinds */
export function targets(clip: string, policies: { readonly trained: string; readonly grouped: string }) {
  const readers = [fineTuneSchema, trainSchema, studySchema]
  const config = async (folder: string) => {
    const values = await readSettings({ config: join(folder, 'config.yaml') })
    for (const schema of readers) await refusing(async () => parseConfig(schema, values))
  }
  const dataset = (folder: string) => loadDataset(folder)
  return [
    files('configurations', { 'config.yaml': yaml }, ['config.yaml'], config),
    files(
      'manifests and masks',
      {
        'labels.csv': lines('path,label,mask,split', 'a.png,x,a.mask.png,train', 'b.png,y,a.mask.png,test'),
        'classes.csv': lines('name,index', 'u,0', 'v,1', 'w,2'),
        'a.png': picture,
        'b.png': picture,
        'a.mask.png': picture,
      },
      ['labels.csv', 'classes.csv', 'a.mask.png', 'a.png'],
      dataset,
    ),
    files(
      'boxes',
      { 'boxes.csv': lines('path,label,x,y,w,h', 'a.png,x,1,1,3,3', 'a.png,y,2,2,4,3'), 'a.png': picture },
      ['boxes.csv'],
      dataset,
    ),
    files('COCO', { 'c.json': coco([{ bbox: [1, 1, 3, 3] }]), 'a.png': png(40, 30) }, ['c.json'], folder =>
      loadDataset(join(folder, 'c.json')),
    ),
    files(
      'Pascal VOC',
      { 'Annotations/a.xml': voc(vocObject('cat', [1, 1, 5, 5])), 'JPEGImages/a.png': png(40, 30) },
      ['Annotations/a.xml'],
      dataset,
    ),
    files(
      'YOLO',
      {
        'data.yaml': 'train: images\nval: images\nnames: [a, b]\n',
        'images/a.png': picture,
        'labels/a.txt': '0 0.5 0.5 0.2 0.2\n1 0.3 0.3 0.1 0.1\n',
      },
      ['data.yaml', 'labels/a.txt'],
      dataset,
    ),
    files(
      'sequences',
      { 'a.csv': lines('x,y', '1,2', '3,4.5', '-1e3,0'), 'a.npy': npy() },
      ['a.csv', 'a.npy'],
      (folder, file) => readSequence(join(folder, file)),
    ),
    files('models', model(), ['model.json', 'weights.bin'], async folder => {
      const { model: loaded } = await loadModel(folder)
      loaded.dispose()
    }),
    files(
      'trained policies',
      { 'policy.json': policies.trained, 'unsealed.json': unsealed(policies.trained) },
      ['policy.json', 'unsealed.json'],
      async (folder, file) => {
        const { agent } = await loadTrainedPolicy(join(folder, file))
        agent.dispose?.()
      },
    ),
    files(
      'policies of groups',
      { 'policy.json': policies.grouped, 'unsealed.json': unsealed(policies.grouped) },
      ['policy.json', 'unsealed.json'],
      (folder, file) => loadPolicy(join(folder, file)),
    ),
    units(),
    files(
      'run folders',
      {
        'config.json': '{"kind":"train","seed":1}',
        'checkpoints/config.json': '{"kind":"train","seed":1}',
        'run.json': '{"versions":{},"events":{"log":"events.jsonl","bytes":0}}',
      },
      ['config.json', 'checkpoints/config.json', 'run.json'],
      async folder => (await RunFolder.open(folder)).folder.origin(),
    ),
    files('videos', { 'a.mp4': readFileSync(clip) }, ['a.mp4'], async folder => {
      const path = join(folder, 'a.mp4')
      await Promise.all([decodeVideo(path, { size: [16, 16], frameRate: 5, threads: 1 }), probeVideo(path)])
    }),
  ] satisfies Target[]
}

/** Runs what may refuse on purpose. */
async function refusing(read: () => Promise<unknown>): Promise<void> {
  await read().catch(error => {
    if (error.name !== 'LayergymError') throw error
  })
}

function unsealed(text: string): string {
  return text.replace(/^\{"sha256":"[\da-f]+",/, '{')
}

function npy(): Buffer {
  const header = `${"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }".padEnd(117)}\n`
  const head = Buffer.from(`\x93NUMPY\x01\0..${header}`, 'latin1')
  head.writeUInt16LE(header.length, 8)
  return Buffer.concat([head, Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)])
}

function model(): Readonly<Record<string, string | Uint8Array>> {
  const layers = [
    {
      class_name: 'Conv2D',
      config: {
        name: 'c',
        batch_input_shape: [null, 8, 8, 3],
        filters: 2,
        kernel_size: [3, 3],
        strides: [1, 1],
        padding: 'same',
        use_bias: true,
      },
    },
    { class_name: 'Flatten', config: { name: 'f' } },
    { class_name: 'Dense', config: { name: 'd', units: 4, use_bias: false, activation: 'softmax' } },
  ]
  const weights = [
    { name: 'c/kernel', shape: [3, 3, 3, 2], dtype: 'float32' },
    { name: 'c/bias', shape: [2], dtype: 'float32' },
    { name: 'd/kernel', shape: [128, 4], dtype: 'float32' },
  ]
  return {
    'model.json': JSON.stringify({
      modelTopology: { class_name: 'Sequential', config: { name: 's', layers } },
      weightsManifest: [{ paths: ['weights.bin'], weights }],
    }),
    'weights.bin': new Uint8Array(4 * (54 + 2 + 512)),
  }
}

/** Outcomes, their records and checkpoints: what comes back is what was written, or nothing. */
function units(): Target {
  const dir = mkdtempSync(join(tmpdir(), 'layergym-fuzz-'))
  const outcome = { weights: Float32Array.of(1, 2, 3), score: 0.5 }
  const records = [
    { step: 1, reward: 0.25 },
    { step: 2, reward: -1 },
  ]
  const at = { log: 'events.jsonl', bytes: 10 }
  const begun = (async () => {
    const store = new UnitStore(dir)
    await store.finish({ key: 'a/1', digest: 'x', outcome, records }, at)
    await store.checkpoint('b/1', { half: Float32Array.of(4) }, records, at)
  })()
  const names = [
    'outcomes/a@1.json',
    'outcomes/a@1.jsonl',
    'outcomes/b@1.jsonl',
    'checkpoints/checkpoint-000001.json',
  ]
  return {
    name: 'outcomes, records and checkpoints',
    async attack(rng) {
      await begun
      const path = join(dir, names[rng.int(names.length)])
      const whole = readFileSync(path)
      writeFileSync(path, mutateBytes(whole, rng))
      try {
        const store = new UnitStore(dir)
        const done = await store.find('a/1')
        const same = (given: unknown, wanted: object) =>
          given === undefined || JSON.stringify(given) === JSON.stringify(wanted)
        if (!same(done, { key: 'a/1', digest: 'x', outcome, records }))
          throw new Error(`a changed outcome was believed: ${JSON.stringify(done)}`)
        const saved = await new UnitStore(dir).saved('b/1')
        if (!same(saved, { state: { half: Float32Array.of(4) }, records }))
          throw new Error(`a changed checkpoint was believed: ${JSON.stringify(saved)}`)
      } finally {
        writeFileSync(path, whole)
        writeFileSync(join(dir, names[2]), records.map(record => `${JSON.stringify(record)}\n`).join(''))
      }
    },
  }
}

/** Fails unless reading ended in time, in an answer or in an error that is meant for people. */
export async function survives(target: Target, rng: Rng, seed: string): Promise<void> {
  const begun = performance.now()
  const tensors = tf.memory().numTensors
  await target.attack(rng).catch(error => {
    if (error.name === 'LayergymError') return
    throw new Error(`${seed}: no error for people: ${messageOf(error)}`, { cause: error })
  })
  const seconds = (performance.now() - begun) / 1000
  if (seconds > 10) throw new Error(`${seed}: it took ${seconds.toFixed(1)} s`)
  if (process.memoryUsage().rss > 2e9) throw new Error(`${seed}: it took more than 2 GB`)
  if (tf.memory().numTensors > tensors) throw new Error(`${seed}: it left tensors`)
}

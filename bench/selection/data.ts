import { mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { csvRecords } from '../../src/common/csv-rows.ts'
import { Rng } from '../../src/common/random.ts'
import type { Clip, Dataset } from '../../src/data/dataset.ts'
import { loadDataset } from '../../src/data/load.ts'

/** What quantities are measured on: clips and pictures; test clips are more than a user would set aside. */
export const DATASETS: Readonly<Record<string, Source>> = {
  'CIFAR-10': {
    frames: 1,
    load: async root => sample(await loadDataset(join(root, 'image/cifar10_jpeg')), 20, 20),
  },
  'CIFAR-9, unbalanced': {
    frames: 1,
    load: async root => {
      const all = await loadDataset(join(root, 'image/cifar10_jpeg'))
      return unbalanced(sample(withClasses(all, all.classes.slice(0, 9)), 40, 24))
    },
  },
  steering: { frames: 1, load: steering },
  weather: { frames: 1, load: root => loadDataset(join(root, 'image/weather_scene')) },
  'in the sky, unbalanced': { frames: 1, load: async root => unbalanced(await sky(root)) },
  'MNIST, unbalanced': {
    frames: 1,
    load: async root => unbalanced(sample(await loadDataset(await digits(root)), 40, 16)),
  },
  lungs: { frames: 1, load: async root => halved(await loadDataset(join(root, 'video/lung_us'))) },
  command: { frames: 2, load: async root => halved(await loadDataset(join(root, 'video/grid_command'))) },
}

interface Source {
  readonly frames: number
  /** @param root the folder of data sets */
  readonly load: (root: string) => Promise<Dataset>
}

/** Divided anew by recording, half of them test: data whose own test split is small. */
function halved(dataset: Dataset): Dataset {
  const groups = Rng.of(1, 'halved').shuffle([...new Set(dataset.clips.map(clip => clip.group))])
  const test = new Set<string | undefined>()
  for (const label of dataset.classes) {
    const size = (group: string | undefined) =>
      dataset.clips.filter(clip => clip.label === label && clip.group === group).length
    const own = groups.filter(group => size(group) > 0).sort((a, b) => size(b) - size(a))
    // Every other one, by size: a class's recordings may differ much.
    for (const [i, group] of own.entries()) if (i % 2 === 1) test.add(group)
  }
  return withClips(
    dataset,
    dataset.clips.map(clip => ({ ...clip, split: test.has(clip.group) ? 'test' : 'train' })),
  )
}

/** Clips for training from n for the first class down to n/5 for the last; test stays. */
function unbalanced(dataset: Dataset): Dataset {
  const last = dataset.classes.length - 1
  const clips = dataset.classes.flatMap((label, i) => {
    const own = dataset.clips.filter(clip => clip.label === label)
    const train = Rng.of(1, 'unbalanced', i).shuffle(own.filter(({ split }) => split !== 'test'))
    const kept = Math.round(train.length * (1 - (0.8 * i) / last))
    return [...train.slice(0, kept), ...own.filter(({ split }) => split === 'test')]
  })
  return withClips(dataset, clips)
}

function sample(dataset: Dataset, train: number, test: number): Dataset {
  const clips = dataset.classes.flatMap((label, i) => {
    const own = Rng.of(1, 'sample', i).shuffle(dataset.clips.filter(clip => clip.label === label))
    const of = (split: string) => own.filter(clip => clip.split === split)
    return [...of('train').slice(0, train), ...of('test').slice(0, test)]
  })
  return withClips(dataset, clips)
}

/** Ten seconds of a drive count as a recording: the two drives for training would leave none for the reward split. */
async function steering(root: string): Promise<Dataset> {
  const folder = join(root, 'video/drive_steer')
  const dataset = await loadDataset(folder)
  const text = await readFile(join(folder, 'labels.csv'), 'utf8')
  const rows = csvRecords(text).map(({ record }) => record)
  const group = new Map(
    rows.map(row => [row.path, `${row.group} ${Math.floor(Number(row.source_first_index) / 200)}`]),
  )
  return withClips(
    dataset,
    dataset.clips.map(clip => ({ ...clip, group: group.get(clip.id) })),
  )
}

/** Five pieces of each clip, which is their recording: 36 recordings for training, 16 for test. */
async function sky(root: string): Promise<Dataset> {
  const dataset = await loadDataset(join(root, 'video/detect_sky'))
  const pieces = dataset.clips.flatMap(clip =>
    [0, 2, 4, 6, 8].map(start => ({
      ...clip,
      id: `${clip.id}#${start}`,
      group: clip.id,
      start,
      end: start + 1,
    })),
  )
  return { ...withClips(dataset, pieces), hasGroups: true }
}

/** MNIST's files as pictures with a manifest, the first half for training. */
async function digits(root: string): Promise<string> {
  const read = async (name: string) => gunzipSync(await readFile(join(root, 'image/mnist', name)))
  const pixels = await read('t10k-images-idx3-ubyte.gz')
  const labels = await read('t10k-labels-idx1-ubyte.gz')
  const folder = 'runs/selection/mnist'
  mkdirSync(folder, { recursive: true })
  const lines = ['path,label,split']
  for (let i = 0; i < 2000; i++) {
    const image = pixels.subarray(16 + i * 784, 16 + (i + 1) * 784)
    writeFileSync(join(folder, `${i}.pgm`), Buffer.concat([Buffer.from('P5\n28 28\n255\n'), image]))
    lines.push(`${i}.pgm,d${labels[8 + i]},${i < 1000 ? 'train' : 'test'}`)
  }
  writeFileSync(join(folder, 'labels.csv'), lines.join('\n'))
  return folder
}

function withClasses(dataset: Dataset, classes: readonly string[]): Dataset {
  return {
    ...dataset,
    classes,
    clips: dataset.clips.filter(clip => classes.includes(clip.label)),
  }
}

function withClips(dataset: Dataset, clips: readonly Clip[]): Dataset {
  return { ...dataset, clips }
}

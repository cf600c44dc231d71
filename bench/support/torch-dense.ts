import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Clip } from '../../src/data/dataset.ts'
import type { TrueBox } from '../../src/models/tasks/coco/match.ts'
import type { MapsHead } from '../../src/models/tasks/task.ts'
import type { Composition } from '../../src/runner/instances/instance.ts'
import { npy } from './npy.ts'
import { firstSteps, PYTHON, writeWeights } from './torch-finetune.ts'

export const DENSE_SCRIPT = fileURLToPath(new URL('../peers/torch_dense.py', import.meta.url))

/** Of the test split. */
export type DenseFigures = Readonly<Record<string, number>>

/** A run for the peer to repeat, from weights and on batches of its own where none are given. */
export interface DenseRun {
  readonly seed: number
  readonly rate: number
  readonly headRate: number
  readonly steps: number
  /** Folder of the weights to begin with. */
  readonly start?: string
  readonly batches?: readonly (readonly number[])[]
}

interface DenseSettings {
  readonly data: string
  readonly runs: readonly DenseRun[]
  readonly trained: { readonly weights: string; readonly figures: DenseFigures }
}

/**
 * Writes what bench/peers/torch_dense.py reads: pixels and truth of the train and the test split, pretrained weights,
 * settings, losses of the first steps. Leaves the network as those steps made it.
 */
export async function writeForDensePeer(
  folder: string,
  composition: Composition,
  { data, runs, trained }: DenseSettings,
): Promise<void> {
  const { task, format, scaling, dataset, config, worlds } = composition
  const { trainee, batchSize } = worlds[0].options
  for (const split of ['train', 'test'] as const) writeSplit(folder, split, composition)
  writeWeights(folder, trainee, trainee.pretrained)
  const check = await firstSteps(composition, { rate: 1e-4, headRate: 1e-3, steps: 10 })
  const { strides } = task.head.reads as MapsHead
  const classes = (dataset.boxClasses ?? dataset.maskClasses ?? []).length
  const settings = {
    ...{ data, task: config.task, size: format.size, strides, classes, batchSize, threads: config.threads },
    ...{ scale: scaling?.scale, shift: scaling?.shift, runs, trained },
    check: { ...check, start: startOf(1) },
  }
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings))
}

/** Folder of a seed's initial weights. */
export function startOf(seed: number): string {
  return `start-${seed}`
}

function writeSplit(
  folder: string,
  split: 'train' | 'test',
  { splits, pixels, format, worlds }: Composition,
) {
  const clips: readonly Clip[] = splits[split]
  const shape = [clips.length, ...format.size, format.channels]
  writeFileSync(join(folder, `${split}.pixels.npy`), npy(pixels(clips), shape))
  const { targets } = worlds[0].options.trainee.evaluate(clips)
  const boxes = targets.map(target => (target as { frames?: readonly (readonly TrueBox[])[] }).frames?.[0])
  const masks = targets.map(target => (target as { masks?: readonly Uint8Array[] }).masks?.[0])
  if (masks.every(mask => mask !== undefined))
    writeFileSync(join(folder, `${split}.masks.npy`), npy(Buffer.concat(masks), shape.slice(0, 3)))
  else {
    const rows = boxes.map(own => own?.map(({ label, x, y, width, height }) => [label, x, y, width, height]))
    writeFileSync(join(folder, `${split}.boxes.json`), JSON.stringify(rows))
  }
}

/** The peer in a process that waits between its steps: milliseconds of as many as it is asked for. */
export function startDensePeer(folder: string) {
  const child = spawn(PYTHON, [DENSE_SCRIPT, folder, '--times'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async times(steps: number): Promise<readonly number[]> {
      child.stdin.write(`${steps}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error(`${PYTHON} ${DENSE_SCRIPT} ${folder} --times ended`)
      return JSON.parse(value)
    },
    stop: () => child.stdin.end(),
  }
}

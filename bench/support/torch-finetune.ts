import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Rng } from '../../src/common/random.ts'
import { BatchOrder } from '../../src/envs/finetune/batches.ts'
import type { Weights } from '../../src/models/initialize.ts'
import { L2_STRENGTHS } from '../../src/models/tasks/solve-by-loss.ts'
import type { Trainee } from '../../src/models/trainee.ts'
import type { Composition } from '../../src/runner/instances/instance.ts'
import { npy } from './npy.ts'

const SCRIPT = fileURLToPath(new URL('../peers/torch_finetune.py', import.meta.url))
export const PYTHON = process.env.LAYERGYM_PYTHON || 'python3'
const CHECKED_CLIPS = 16

/** A run for the peer to repeat: as many steps at the same rates, evaluated as often. */
export interface PeerRun {
  readonly seed: number
  /** Of the backbone. */
  readonly rate: number
  readonly headRate: number
  readonly steps: number
  readonly roundSteps: number
}

/** Train losses of a run's first steps, for the peer to repeat on the same batches. */
interface StepsCheck {
  readonly rate: number
  readonly headRate: number
  /** [steps][batch]: indices of train clips. */
  readonly batches: readonly (readonly number[])[]
  readonly losses: readonly number[]
}

/**
 * Writes what bench/peers/torch_finetune.py reads: pixels, labels, pretrained weights, settings, what to check. It makes
 * each run twice: with batches that it draws itself, and with ours.
 */
export async function writeForPeer(
  folder: string,
  composition: Composition,
  given: { readonly data: string; readonly runs: readonly PeerRun[] },
): Promise<void> {
  const { splits, pixels, task, format, scaling, dataset, config, worlds } = composition
  const { trainee, batchSize } = worlds[0].options
  const put = (name: string, values: Parameters<typeof npy>[0], shape: readonly number[]) =>
    writeFileSync(join(folder, `${name}.npy`), npy(values, shape))
  for (const split of ['train', 'reward', 'test'] as const) {
    const clips = splits[split]
    const shape = [clips.length, format.frames, ...format.size, format.channels]
    put(`${split}.pixels`, pixels(clips), shape)
    put(
      `${split}.labels`,
      Int32Array.from(clips, clip => task.target(clip) as number),
      [clips.length],
    )
  }
  writeWeights(folder, trainee, trainee.pretrained)
  const { kernel, shape, logits } = randomHead(composition)
  put('check.kernel', kernel, shape)
  put('check.logits', logits, [logits.length / dataset.classes.length, dataset.classes.length])
  const alike = given.runs.map(run => ({ ...run, batches: batchesOf(composition, run.seed, run.steps) }))
  const settings = {
    ...{ data: given.data, runs: [...given.runs, ...alike] },
    check: await firstSteps(composition, { rate: 1e-4, headRate: 1e-3, steps: 10 }),
    ...{
      classes: dataset.classes.length,
      frames: format.frames,
      balanced: task.metric === 'balanced accuracy',
      batchSize,
    },
    ...{ scale: scaling?.scale, shift: scaling?.shift, l2: L2_STRENGTHS, threads: config.threads },
  }
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings))
}

/** A file a variable, as bench/peers/torch_mobilenet.py reads them: FOLDER/weights/LAYER.ROLE.npy. */
export function writeWeights(folder: string, { network }: Trainee, weights: Weights): void {
  mkdirSync(join(folder, 'weights'), { recursive: true })
  for (const { name, layer, role, shape } of network.variables)
    writeFileSync(join(folder, 'weights', `${layer.name}.${role}.npy`), npy(weights[name], shape))
}

/** What a peer prints, line by line as it comes. */
export async function* peerLines(folder: string, script = SCRIPT): AsyncGenerator<string> {
  const child = spawn(PYTHON, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  let rest = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  const code = await ended
  if (code !== 0) throw new Error(`${PYTHON} ${script} ${folder} ended with ${code}`)
}

/** Logits of a few test clips under a head of random weights: a fresh one's are the same for every clip. */
function randomHead({ worlds, splits, pixels }: Composition) {
  const { trainee } = worlds[0].options
  const { network, pretrained } = trainee
  const output = network.variables.findLast(({ role }) => role === 'kernel')
  const bias = network.variables.findLast(({ role }) => role === 'bias')
  if (output === undefined || bias === undefined) throw new Error('the network has no dense head')
  const rng = Rng.of(1, 'random head')
  const kernel = Float32Array.from({ length: output.size }, () => 0.05 * rng.normal())
  trainee.assign({ ...pretrained, [output.name]: kernel, [bias.name]: trainee.task.head.start })
  const clips = splits.test.slice(0, CHECKED_CLIPS)
  const input = network.input(pixels(clips), clips.length)
  const logits = network.forward(input, clips.length)
  const values = logits.dataSync() as Float32Array
  input.dispose()
  logits.dispose()
  return { kernel, shape: output.shape, logits: values }
}

/** The first steps of seed 1 at constant rates. */
export async function firstSteps(
  composition: Composition,
  { rate, headRate, steps }: { rate: number; headRate: number; steps: number },
): Promise<StepsCheck> {
  const world = composition.variant({ probed: false })
  await world.reset(1)
  const { trainee, splits } = world.options
  const rates = Array.from({ length: world.groups }, (_, group) =>
    group === world.groups - 1 ? headRate : rate,
  )
  const batches = batchesOf(composition, 1, steps)
  const losses = batches.map(batch => {
    const clips = batch.map(index => splits.train[index])
    return trainee.step(clips, rates, Rng.of(1, 'dropout'))?.loss ?? Number.NaN
  })
  return { rate, headRate, batches, losses }
}

/** The train clips of a run's steps, [steps][batch], as a world draws them from its seed. */
export function batchesOf({ splits, worlds }: Composition, seed: number, steps: number): readonly number[][] {
  const order = new BatchOrder(splits.train, Rng.of(seed, 'order'))
  const index = new Map(splits.train.map((clip, i) => [clip.id, i]))
  return Array.from({ length: steps }, () =>
    order.next(worlds[0].options.batchSize).map(({ id }) => index.get(id) ?? -1),
  )
}

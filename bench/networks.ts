/**
 * Which task each network of a folder carries: two steps and an evaluation on made-up data, or the sentence that refuses it.
 *   npx tsx bench/networks.ts [folder of networks]
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../src/common/error.ts'
import { loadModel } from '../src/models/load.ts'
import { isSequenceModel, rowSize } from '../src/models/sequence-model.ts'
import { isVideoModel } from '../src/runner/instances/network.ts'
import { noises, squares } from '../test/support/annotated-files.ts'
import { smallInstance } from '../test/support/instance.ts'
import { table } from './support/measure.ts'

const PICTURE_TASKS = ['object-detection', 'scene-segmentation', 'action-recognition']
const folder = process.argv[2] ?? fileURLToPath(new URL('../models/', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'layergym-bench-'))
const rows: (readonly string[])[] = []
try {
  const pictures = squares(join(scratch, 'pictures'), 16)
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name)
    if (!existsSync(join(path, 'model.json'))) continue
    for (const row of await triedTasks(path, pictures)) {
      rows.push([name, ...row])
      process.stderr.write(`${[name, ...row].join(': ')}\n`)
    }
  }
} finally {
  rmSync(scratch, { recursive: true })
}
process.stdout.write(table(['network', 'task', 'what came of it'], rows))

/** Every task that a network's input fits, on data that fits it. */
async function triedTasks(path: string, pictures: string) {
  const settings = await settingsFor(path, pictures).catch(messageOf)
  if (typeof settings === 'string') return [['any', settings]]
  const rows: (readonly string[])[] = []
  for (const each of settings)
    rows.push([each.task, await carried({ model: path, ...each }).catch(messageOf)])
  return rows
}

async function settingsFor(path: string, pictures: string) {
  const { model } = await loadModel(path)
  if (isSequenceModel(model)) {
    const tokens = model.inputs[0].shape.length === 2
    const data = join(scratch, path.replaceAll(/\W/g, '_'))
    noises(data, 8, rowSize(model), tokens ? value => Math.abs(Math.round(value * 10)) % 60 : undefined)
    return [{ task: 'action-recognition', data, frames: 4 }]
  }
  if (isVideoModel(model))
    return [{ task: 'scene-classification', data: pictures, frames: 8, size: 16, batchSize: 1 }]
  const channels = Number(model.inputs[0].shape[3])
  return PICTURE_TASKS.map(task => ({ task, data: pictures, frames: 1, ...(channels === 3 && { size: 64 }) }))
}

/** The reward split's loss after two steps of all groups. @throws where it isn't finite */
async function carried(settings: Readonly<Record<string, unknown>>): Promise<string> {
  const cache = join(scratch, 'cache')
  const composition = await smallInstance({ groups: 2, cache, ...settings })
  try {
    const world = composition.variant({ probed: false })
    await world.reset(1)
    const began = performance.now()
    const { evaluation } = await world.train(
      world.settings.map(() => ({ frozen: false, learningRate: 1e-4 })),
    )
    const seconds = (performance.now() - began) / 1000
    if (!Number.isFinite(evaluation.loss)) throw new Error('its loss is not finite')
    return `trained: loss ${evaluation.loss.toFixed(3)} after two steps, ${seconds.toFixed(1)} s`
  } finally {
    composition.dispose()
  }
}

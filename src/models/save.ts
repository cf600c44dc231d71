import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { sizeOf } from '../common/arrays.ts'
import { failure, inputError } from '../common/error.ts'
import type { Weights } from './initialize.ts'
import type { Network } from './network.ts'
import type { tf } from './tf.ts'

/**
 * Saves a layers model as plain tfjs loads it: model.json and weights.bin in a folder, replaced as a whole.
 * @param metadata kept in model.json under `userDefinedMetadata.layergym`
 * @throws input error when the folder holds anything else: nothing of that is deleted
 */
export async function saveModel(
  model: tf.LayersModel,
  folder: string,
  metadata: Readonly<Record<string, unknown>>,
): Promise<void> {
  model.setUserDefinedMetadata({ layergym: metadata })
  await model.save({ save: artifacts => writeArtifacts(artifacts, folder) })
}

const TRIES = 10

/** Writes a network with the values given, whatever the network itself holds or is doing. */
export type NetworkWriter = (
  folder: string,
  weights: Weights,
  metadata: Readonly<Record<string, unknown>>,
) => Promise<void>

/** Whether a network with these weights says anything. */
export function hasNumbers(weights: Weights): boolean {
  return Object.values(weights).every(allFinite)
}

function allFinite(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false
  return true
}

/** Takes the network's topology once; call it while nothing trains. */
export async function networkWriter(network: Network): Promise<NetworkWriter> {
  const { model, variables } = network
  let template: tf.io.ModelArtifacts | undefined
  await model.save({
    save: async artifacts => {
      template = artifacts
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    },
  })
  const handles = model.weights.map(weight => (weight as unknown as { val: tf.Variable }).val)
  const names = handles.map(handle => variables.find(variable => variable.handle === handle)?.name)
  return async (folder, weights, metadata) => {
    if (template === undefined) throw new Error('the model gave no artifacts')
    const data = Uint8Array.from(bytesOf(template.weightData))
    let offset = 0
    for (const [i, { shape }] of (template.weightSpecs ?? []).entries()) {
      const values = names[i] === undefined ? undefined : weights[names[i]]
      if (values !== undefined)
        data.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset)
      offset += 4 * sizeOf(shape)
    }
    if (!allFinite(new Float32Array(data.buffer)))
      throw failure(
        'model.not-finite',
        `the model for ${folder} has weights that are no finite numbers, and is not saved: lower the learning rate`,
      )
    const userDefinedMetadata = { layergym: metadata }
    await writeArtifacts({ ...template, weightData: data.buffer, userDefinedMetadata }, folder)
  }
}

/** The folder's writing alone, as a tfjs save handler does it. */
export async function writeArtifacts(
  artifacts: tf.io.ModelArtifacts,
  folder: string,
): Promise<tf.io.SaveResult> {
  const target = resolve(folder)
  await refuseOthers(target)
  const partial = `${target}.${randomUUID()}.partial`
  await mkdir(dirname(target), { recursive: true })
  await mkdir(partial)
  try {
    const { generatedBy, convertedBy, modelTopology, userDefinedMetadata, weightSpecs } = artifacts
    const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
    const json = {
      format: 'layers-model',
      generatedBy,
      convertedBy,
      modelTopology,
      userDefinedMetadata,
      weightsManifest,
    }
    await writeFile(join(partial, 'weights.bin'), bytesOf(artifacts.weightData), FLUSHED)
    await writeFile(join(partial, 'model.json'), JSON.stringify(json), FLUSHED)
    await replace(target, partial)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
  return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
}

const OWN = ['model.json', 'weights.bin']
/** On the disk before the folder has its name. */
const FLUSHED = { flush: true }

/** @throws input error for a folder that holds more than a model, and for a file */
async function refuseOthers(target: string): Promise<void> {
  const names = await readdir(target).catch(error => {
    if (error.code === 'ENOENT') return []
    throw error.code === 'ENOTDIR'
      ? inputError('model.not-a-folder', `${target} is a file: give a folder for the model`)
      : error
  })
  const others = names.filter(name => !OWN.includes(name))
  if (others.length === 0) return
  const shown = `${others.slice(0, 3).join(', ')}${others.length > 3 ? ` and ${others.length - 3} more` : ''}`
  throw inputError(
    'model.other-files',
    `${target} holds more than a model: ${shown}. A model's folder is replaced as a whole, and nothing was deleted: give another one`,
  )
}

/** Puts a folder in another's place; the old one goes when the new one stands, and comes back where that fails. */
async function replace(target: string, folder: string): Promise<void> {
  const old = `${target}.${randomUUID()}.partial`
  for (let tries = 1; ; tries++) {
    await refuseOthers(target)
    const moved = await rename(target, old).then(
      () => true,
      error => {
        if (error.code === 'ENOENT') return false
        throw error
      },
    )
    try {
      await rename(folder, target)
      await rm(old, { recursive: true, force: true })
      return
    } catch (error) {
      // Another process was quicker: its model is replaced in turn.
      const taken = ['ENOTEMPTY', 'EEXIST'].includes(String((error as NodeJS.ErrnoException).code))
      if (taken && tries < TRIES) await rm(old, { recursive: true, force: true })
      else {
        if (moved) await rename(old, target).catch(() => undefined)
        throw error
      }
    }
  }
}

function bytesOf(data: tf.io.WeightData | undefined): Uint8Array {
  if (data === undefined) return new Uint8Array()
  if (!Array.isArray(data)) return new Uint8Array(data)
  return Buffer.concat(data.map(part => new Uint8Array(part)))
}

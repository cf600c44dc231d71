import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Dataset } from '../../data/dataset.ts'
import { contentHash, datasetFingerprint } from '../../data/fingerprint.ts'
import type { Weights } from '../../models/initialize.ts'
import type { Network } from '../../models/network.ts'
import type { tf } from '../../models/tf.ts'
import { digestOf } from '../runs/digest.ts'

/**
 * What an instance is made of: SHA-256 of its clips and of the model.
 * @param id where there are several: it stands in the names
 */
export async function instanceFingerprints(
  dataset: Dataset,
  model: tf.LayersModel | string,
  id?: string,
): Promise<Readonly<Record<string, string>>> {
  const named = (what: string) => (id === undefined ? what : `${what} of ${id}`)
  return {
    [named('data')]: await datasetFingerprint(dataset),
    [named('model')]: typeof model === 'string' ? await fileFingerprint(model) : modelDigest(model),
  }
}

/** Of a stored model: its json file and the weight files that it names, not what they are called. */
async function fileFingerprint(location: string): Promise<string> {
  const path = statSync(location).isDirectory() ? join(location, 'model.json') : location
  const json = JSON.parse(await readFile(path, 'utf8')) as {
    readonly weightsManifest?: readonly { readonly paths: readonly string[] }[]
  }
  const shards = (json.weightsManifest ?? [])
    .flatMap(({ paths }) => paths)
    .map(name => join(dirname(path), name))
  const hashes: string[] = []
  for (const file of [path, ...shards.filter(existsSync)]) hashes.push(await contentHash(file))
  return digestOf(hashes)
}

/** Of a model in memory: classes of its layers, shapes and values of their weights. Their names depend on the process. */
function modelDigest(model: tf.LayersModel): string {
  return digestOf(
    model.layers.map(layer => [
      layer.getClassName(),
      layer.getWeights().map(weight => [weight.shape, weight.dataSync()]),
    ]),
  )
}

/** Of a network's weights: names, shapes, values. */
export function weightsDigest(weights: Weights, { variables }: Pick<Network, 'variables'>): string {
  const shapes = new Map(variables.map(({ name, handle }) => [name, handle.shape]))
  return digestOf(
    Object.entries(weights)
      .map(([name, values]) => [name, shapes.get(name), values])
      .sort(byName),
  )
}

function byName([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1
}

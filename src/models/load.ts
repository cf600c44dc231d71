import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { inputError, messageOf } from '../common/error.ts'
import { readTextFile } from '../common/regular-file.ts'
import { otherFormat, refuseAddress } from './other-formats.ts'
import { checkOutputs, withinBudget } from './parameter-budget.ts'
import { tf } from './tf.ts'
import { parametersOf, readWeights, type WeightGroup } from './weight-files.ts'

/** What `model.json` holds besides the network; `layergym` is ours. */
export interface LoadedModel {
  readonly model: tf.LayersModel
  /** Absolute path of the model's json file. */
  readonly path: string
  readonly metadata: Readonly<Record<string, unknown>>
}

/**
 * Loads a tfjs layers model from its folder, its json file or a file:// address, on any engine.
 * A missing `format` key is no obstacle; nested models and quantised weights are fine.
 * @throws input error when the path, the json, a weight shard or the topology can't be used.
 */
export async function loadModel(location: string): Promise<LoadedModel> {
  const path = findModelFile(location)
  const json = await readModelJson(path)
  const weightSpecs = json.weightsManifest.flatMap(group => group.weights)
  const weightData = await readWeights(path, json.weightsManifest)
  try {
    const artifacts = { modelTopology: json.modelTopology, weightSpecs, weightData }
    const model = await withinBudget(parametersOf(weightSpecs), async start => {
      const built = await tf.loadLayersModel({
        load: async () => {
          start()
          return { ...artifacts, format: 'layers-model' }
        },
      })
      checkOutputs(built.layers)
      return built
    })
    return { model, path, metadata: json.userDefinedMetadata ?? {} }
  } catch (error) {
    throw inputError(
      'model.unreadable',
      `${path}: tfjs can't build this model: ${messageOf(error)}. Export it as a tfjs layers model of Keras 2 ` +
        '(Keras 3 writes keys that tfjs does not know; tf_keras, or model.save in tfjs itself, writes ones that it does).',
      { cause: error },
    )
  }
}

interface ModelJson {
  readonly format?: string
  readonly modelTopology: tf.io.ModelJSON['modelTopology']
  readonly weightsManifest: readonly WeightGroup[]
  readonly userDefinedMetadata?: Record<string, unknown>
}

function findModelFile(location: string): string {
  refuseAddress(location)
  const path = resolve(location.replace(/^file:\/\//, ''))
  if (!existsSync(path)) {
    throw inputError(
      'model.missing',
      `no model at ${path}: give a folder that holds model.json, or the json file itself`,
    )
  }
  const isFolder = statSync(path).isDirectory()
  const file = isFolder ? join(path, 'model.json') : path
  const other = isFolder && existsSync(file) ? undefined : otherFormat(path)
  if (other !== undefined) throw other
  if (!existsSync(file)) {
    throw inputError(
      'model.missing',
      `${path} holds no model.json: give the folder of a tfjs layers model, or its json file`,
    )
  }
  return file
}

async function readModelJson(path: string): Promise<ModelJson> {
  let json: Partial<ModelJson>
  try {
    json = JSON.parse(await readTextFile(path), withZeroRecurrence) as Partial<ModelJson>
  } catch (error) {
    throw inputError(
      'model.not-json',
      `${path} is not a model: it can't be read as JSON (${messageOf(error)})`,
      {
        cause: error,
      },
    )
  }
  const topology: unknown = json?.modelTopology
  const isObject = typeof topology === 'object' && topology !== null
  if (json?.format === 'graph-model' || (isObject && 'node' in topology)) {
    throw inputError(
      'model.graph',
      `${path} is a graph model: it can be run but not fine-tuned, since its layers and training behaviour are gone. ` +
        'Convert the original network as a layers model (--output_format=tfjs_layers_model).',
    )
  }
  const manifest: unknown = json?.weightsManifest
  const isManifest =
    Array.isArray(manifest) &&
    manifest.every(group => Array.isArray(group?.paths) && Array.isArray(group?.weights))
  if (!isObject || !isManifest) {
    throw inputError(
      'model.not-a-model',
      `${path} is not a tfjs layers model: it has no ${isObject ? 'weightsManifest' : 'modelTopology'} that tfjs could read`,
    )
  }
  return json as ModelJson
}

/** tfjs makes a recurrent layer's orthogonal kernel slowly, and says so, before the weights of the file replace it. */
function withZeroRecurrence(key: string, value: unknown): unknown {
  return key === 'recurrent_initializer' ? { class_name: 'Zeros', config: {} } : value
}

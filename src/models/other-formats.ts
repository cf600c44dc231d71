import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { inputError, type LayergymError } from '../common/error.ts'

/** Why a model of another format isn't taken as it is, and what makes one of it that is. */
interface Format {
  readonly name: string
  /** A sentence, with the command. */
  readonly advice: (path: string) => string
}

const INSTALL = 'pip install tensorflowjs'
const LEGACY =
  'Keras 3 writes layers that tfjs does not know: a network of its is saved with tf_keras first (TF_USE_LEGACY_KERAS=1)'

const converter = (format: string, path: string) =>
  `tensorflowjs_converter --input_format=${format} --output_format=tfjs_layers_model ${quoted(path)} model`
const fromKeras = (format: string) => (path: string) =>
  `Convert it (${INSTALL}), and give the folder 'model' that this makes: ${converter(format, path)}. ${LEGACY}`
const fromOnnx = (path: string) =>
  `onnx2tf -i ${quoted(path)} -o keras -oh5 (pip install onnx2tf), then ${converter('keras', `keras/${basename(path, extname(path))}_float32.h5`)}. ` +
  'That works for networks of plain layers; any other is built anew in Keras, and its weights copied'

const FORMATS = {
  hdf5: { name: 'a Keras model in HDF5', advice: fromKeras('keras') },
  weights: {
    name: 'the weights of a Keras model alone, without its layers',
    advice: () =>
      `Build the network in Keras, then model.load_weights(…) and model.save('model.h5'), and convert that (${INSTALL}): ${converter('keras', 'model.h5')}. ${LEGACY}`,
  },
  keras: { name: 'a Keras model (.keras)', advice: fromKeras('keras_keras') },
  savedModel: {
    name: 'a TensorFlow SavedModel',
    advice: path =>
      `If Keras saved it, convert it (${INSTALL}), and give the folder 'model' that this makes: ${converter('keras_saved_model', path)}. ` +
      'Any other is a graph whose layers are gone, which can be run but not fine-tuned: take the Keras model that it was made of',
  },
  graph: {
    name: 'a frozen TensorFlow graph',
    advice: () =>
      `Its layers are gone, so it can be run but not fine-tuned: take the Keras model that it was made of, and convert that (${INSTALL}): ${converter('keras', 'model.h5')}`,
  },
  tflite: {
    name: 'a TensorFlow Lite model',
    advice: () =>
      `It can be run but not fine-tuned: take the Keras model that it was made of, and convert that (${INSTALL}): ${converter('keras', 'model.h5')}`,
  },
  onnx: { name: 'an ONNX model', advice: path => `Convert it by way of Keras: ${fromOnnx(path)}` },
  torch: {
    name: 'a PyTorch model',
    advice: () =>
      `Export it from Python, where the network's class is (for pictures of 3 channels, 224 × 224): torch.onnx.export(network.eval(), torch.zeros(1, 3, 224, 224), 'network.onnx'). Then by way of Keras: ${fromOnnx('network.onnx')}`,
  },
  safetensors: {
    name: 'the weights of a network alone (safetensors), without its layers',
    advice: () =>
      `Load them into the network in Python, and export it (for pictures of 3 channels, 224 × 224): torch.onnx.export(network.eval(), torch.zeros(1, 3, 224, 224), 'network.onnx'). Then by way of Keras: ${fromOnnx('network.onnx')}`,
  },
} as const satisfies Readonly<Record<string, Format>>

/** An address on the net, also one that was taken for a path and made absolute: /here/https:/host/model.json. */
const ADDRESS = /(?:^|[\\/])(https?|gs|s3|hf|kaggle):[\\/]{1,2}(?=[^\\/])/i

/** Of files that are looked into where a folder is given: it may hold thousands of others. */
const ENDINGS = ['.keras', '.h5', '.hdf5', '.onnx', '.pt', '.pth', '.bin', '.safetensors', '.tflite', '.pb']

/** @throws input error for an address on the net: layergym reads models from disk */
export function refuseAddress(location: string): void {
  const found = ADDRESS.exec(location)
  if (found === null) return
  const address = `${found[1]}://${location.slice(found.index + found[0].length)}`
  throw inputError(
    'model.address',
    `${address} is an address, and models are read from disk. Download it first, model.json with all the weight files that stand in its weightsManifest, ` +
      `and give the folder: mkdir model && cd model && curl -fLO ${quoted(address)}`,
  )
}

/** What is wrong with a file or a folder that holds a model of another format; undefined where nothing is recognised. */
export function otherFormat(path: string): LayergymError | undefined {
  if (!statSync(path).isDirectory()) {
    const format = formatOfFile(path)
    if (format === undefined) return undefined
    return basename(path) === 'saved_model.pb'
      ? refusal(join(path, '..'), FORMATS.savedModel)
      : refusal(path, format)
  }
  if (existsSync(join(path, 'saved_model.pb')) || existsSync(join(path, 'saved_model.pbtxt')))
    return refusal(path, FORMATS.savedModel)
  for (const name of readdirSync(path).sort()) {
    if (!ENDINGS.includes(extname(name).toLowerCase())) continue
    const file = join(path, name)
    const format = statSync(file, { throwIfNoEntry: false })?.isFile() ? formatOfFile(file) : undefined
    if (format !== undefined) return refusal(file, format)
  }
  return undefined
}

function refusal(path: string, { name, advice }: Format): LayergymError {
  return inputError('model.format', `${path} is ${name}; a tfjs layers model is needed. ${advice(path)}`)
}

const HDF5 = '\x89HDF\r\n\x1a\n'
const ZIP = 'PK\x03\x04'
/** A pickled long, PyTorch's own number, with which its files began before they were zips. */
const OLD_TORCH = '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19'

/** By its first bytes; by its name where those say nothing. */
function formatOfFile(path: string): Format | undefined {
  const { head, tail } = ends(path)
  const name = basename(path).toLowerCase()
  const end = extname(name)
  if (head.startsWith(HDF5)) return name.endsWith('.weights.h5') ? FORMATS.weights : FORMATS.hdf5
  if (head.startsWith(ZIP)) {
    const names = head + tail
    if (names.includes('model.weights.h5')) return FORMATS.keras
    return names.includes('data.pkl') ? FORMATS.torch : undefined
  }
  if (head.startsWith(OLD_TORCH)) return FORMATS.torch
  if (head.slice(4, 8) === 'TFL3') return FORMATS.tflite
  if (/^.{7}\0\{"/s.test(head) && end === '.safetensors') return FORMATS.safetensors
  if (end === '.pb') return FORMATS.graph
  if (end === '.onnx' || isOnnx(head)) return FORMATS.onnx
  return end === '.pt' || end === '.pth' ? FORMATS.torch : undefined
}

/** A ModelProto begins with its version of the format, a small number (field 1), and as a rule who made it (field 2). */
function isOnnx(head: string): boolean {
  const [first, version, second] = [0, 1, 2].map(i => head.charCodeAt(i))
  return first === 0x08 && version >= 1 && version <= 32 && second === 0x12
}

const HEAD = 2 ** 16
/** A zip's table of contents is at its end. */
const TAIL = 2 ** 20

/** As Latin-1: a character a byte. */
function ends(path: string): { readonly head: string; readonly tail: string } {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const read = (length: number, position: number) => {
      const bytes = Buffer.alloc(length)
      return bytes.toString('latin1', 0, readSync(file, bytes, 0, length, position))
    }
    const head = read(Math.min(size, HEAD), 0)
    const tail = head.startsWith(ZIP) ? read(Math.min(size, TAIL), Math.max(0, size - TAIL)) : ''
    return { head, tail }
  } finally {
    closeSync(file)
  }
}

/** For a shell, where it needs that. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}

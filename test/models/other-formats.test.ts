import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadModel } from '../../src/models/load.ts'

/** A folder with these files, bytes as Latin-1. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'layergym-formats-'))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content, 'latin1')
  return folder
}

const HDF5 = '\x89HDF\r\n\x1a\n\0\0'
/** As zips hold names: before each file, and all of them again at the end. */
const zip = (...names: readonly string[]) =>
  names.map(name => `PK\x03\x04${'x'.repeat(100_000)}${name}`).join('') +
  names.map(name => `PK\x01\x02${name}`).join('')
const KERAS = zip('metadata.json', 'config.json', 'model.weights.h5')
const TORCH = zip('network/data.pkl', 'network/data/0')
const ONNX = '\x08\x08\x12\x07pytorch'

describe.each([
  ['net.h5', HDF5, /Keras model in HDF5.*--input_format=keras --output_format=tfjs_layers_model/],
  ['net.weights.h5', HDF5, /weights of a Keras model alone.*model\.save\('model\.h5'\)/],
  ['net.keras', KERAS, /a Keras model \(\.keras\).*--input_format=keras_keras/],
  ['net.keras', HDF5, /Keras model in HDF5.*--input_format=keras /],
  [
    'net.pt',
    TORCH,
    /PyTorch.*torch\.onnx\.export\(.*onnx2tf -i network\.onnx .*-oh5.*keras\/network_float32\.h5/,
  ],
  ['net.pth', '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.', /PyTorch.*torch\.onnx\.export/],
  ['net.onnx', ONNX, /an ONNX model.*onnx2tf -i \S*net\.onnx -o keras -oh5.*keras\/net_float32\.h5/],
  ['net.tflite', '\x1c\0\0\0TFL3', /TensorFlow Lite.*not fine-tuned/],
  ['net.safetensors', '\x40\0\0\0\0\0\0\0{"a":', /weights of a network alone.*torch\.onnx\.export/],
  ['frozen.pb', '\x0a\x10', /frozen TensorFlow graph.*not fine-tuned/],
  ['saved_model.pb', '\x08\x01\x12', /TensorFlow SavedModel.*--input_format=keras_saved_model/],
])('%s %#', (name, content, words) => {
  test.each([true, false])('given by its folder: %s', async asFolder => {
    const folder = folderOf({ [name]: content, 'readme.txt': 'words' })
    const loading = loadModel(asFolder ? folder : join(folder, name))
    await expect(loading).rejects.toThrow(words)
    await expect(loading).rejects.toMatchObject({ code: 'model.format', exitCode: 2 })
  })
})

test.each([
  ['HDF5', HDF5, /Keras model in HDF5/],
  ['.keras', KERAS, /a Keras model \(\.keras\)/],
  ['PyTorch', TORCH, /PyTorch/],
  ['ONNX', ONNX, /an ONNX model/],
])('%s is known by its bytes, under any name', async (_, content, words) => {
  const path = join(folderOf({ 'network.data': content }), 'network.data')
  await expect(loadModel(path)).rejects.toThrow(words)
})

test('the command takes paths with spaces', async () => {
  const folder = folderOf({ "my net's.h5": HDF5 })
  await expect(loadModel(folder)).rejects.toThrow(String.raw`'${folder}/my net'\''s.h5' model`)
})

test.each([
  ['https://host.org/nets/model.json', 'https://host.org/nets/model.json'],
  ['/home/me/https:/host.org/nets/model.json', 'https://host.org/nets/model.json'],
  ['gs://bucket/net', 'gs://bucket/net'],
])('%s is an address', async (given, shown) => {
  await expect(loadModel(given)).rejects.toThrow(`${shown} is an address, and models are read from disk.`)
})

test('a folder or zip of something else is none of these', async () => {
  const folder = folderOf({ 'a.zip': zip('photo.jpg'), 'notes.h5.txt': 'words' })
  mkdirSync(join(folder, 'inner.h5'))
  await expect(loadModel(folder)).rejects.toThrow('holds no model.json')
  await expect(loadModel(join(folder, 'a.zip'))).rejects.toThrow(/is not a model: it can't be read as JSON/)
})

import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { inputError } from '../common/error.ts'
import { nearest } from '../common/suggest.ts'
import { cocoFiles, loadCoco } from './annotations/coco.ts'
import { isVoc, loadVoc } from './annotations/voc.ts'
import { loadYolo } from './annotations/yolo.ts'
import type { Dataset, Found, LoadOptions } from './dataset.ts'
import { loadFolder } from './folder.ts'
import { loadManifest, loadSidecars } from './manifest.ts'

export { isVideoFile } from './media-types.ts'

/**
 * Reads a dataset's labels and annotations and checks that its files are there; decodes nothing but masks. `path` is a
 * folder of class folders (pictures count as clips of one frame), a folder with `labels.csv`, `boxes.csv` or
 * `segments.csv`, a CSV manifest, COCO's JSON or a folder with `annotations/`, a folder with YOLO's `data.yaml`, or one of
 * Pascal VOC.
 * @throws LayergymError `data.*`, naming the file and line.
 */
export async function loadDataset(path: string, options: LoadOptions = {}): Promise<Dataset> {
  const root = resolve(path)
  const found = await find(root, options)
  const { clips, skipped } = found
  const classes = [...new Set(clips.map(clip => clip.label))].filter(label => label !== '').sort()
  if (clips.length === 0)
    throw inputError('data.no-videos', `${path} holds no usable clip: ${skipped.length} were skipped`)
  return { ...found, path: root, classes, hasGroups: clips.some(clip => clip.group !== undefined) }
}

const TABLES = ['.csv', '.tsv', '.txt']
const LAYOUTS =
  "a folder of class folders, a folder with labels.csv, boxes.csv or segments.csv, a CSV manifest, COCO's JSON, YOLO's data.yaml, or a folder of Pascal VOC"

async function find(root: string, options: LoadOptions): Promise<Found> {
  const facts = await stat(root).catch(() => undefined)
  if (facts === undefined) throw await notFound(root)
  if (facts.isFile()) return loadFile(root, options)
  if (!facts.isDirectory())
    throw inputError('data.not-a-dataset', `${root} is a pipe or a device: a dataset is ${LAYOUTS}`)
  for (const name of ['labels.csv', 'boxes.csv', 'segments.csv'])
    if (await isFile(join(root, name))) return loadFile(join(root, name), options)
  if (options.groupColumn !== undefined)
    throw inputError(
      'data.group-column',
      `a group column ('${options.groupColumn}') needs a manifest, and ${root} has no labels.csv: name the CSV file itself, or leave the column out`,
    )
  for (const name of ['data.yaml', 'data.yml'])
    if (await isFile(join(root, name))) return loadYolo(join(root, name), options)
  const coco = await cocoFiles(root)
  if (coco.length > 0) return loadCoco(coco, options)
  if (await isVoc(root)) return loadVoc(root, options)
  return loadFolder(root, options)
}

async function loadFile(file: string, options: LoadOptions): Promise<Found> {
  const extension = extname(file).toLowerCase()
  const name = basename(file).toLowerCase()
  if (extension === '.json') return loadCoco([file], options)
  if (['.yaml', '.yml'].includes(extension)) return loadYolo(file, options)
  if (!TABLES.includes(extension))
    throw inputError('data.not-a-dataset', `${file} is not a dataset: it must be ${LAYOUTS}`)
  const alone = name === 'boxes.csv' || name === 'segments.csv'
  return alone ? loadSidecars(file, options) : loadManifest(file, options)
}

async function notFound(root: string) {
  const siblings = await readdir(dirname(root)).catch(() => [])
  const near = nearest(basename(root), siblings)
  const hint = near === undefined ? '' : `; did you mean ${join(dirname(root), near)}?`
  return inputError('data.not-found', `there is no dataset at ${root}${hint}`)
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    facts => facts.isFile(),
    () => false,
  )
}

import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { inputError } from '../common/error.ts'
import { nearest } from '../common/suggest.ts'
import type { Dataset, Found, LoadOptions } from './dataset.ts'
import { loadFolder } from './folder.ts'
import { loadManifest } from './manifest.ts'

export { isVideoFile } from './media-types.ts'

/**
 * Reads a dataset's labels and checks that its files are there; decodes nothing. `path` is a folder of class
 * folders (pictures count as clips of one frame), a folder with `labels.csv`, or a CSV manifest.
 * @throws LayergymError `data.*`, naming the file and line.
 */
export async function loadDataset(path: string, options: LoadOptions = {}): Promise<Dataset> {
  const root = resolve(path)
  const { clips, skipped } = await find(root, options)
  const classes = [...new Set(clips.map(clip => clip.label))].sort()
  if (classes.length === 0)
    throw inputError('data.no-videos', `${path} holds no usable clip: ${skipped.length} were skipped`)
  return { path: root, classes, clips, hasGroups: clips.some(clip => clip.group !== undefined), skipped }
}

async function find(root: string, options: LoadOptions): Promise<Found> {
  const facts = await stat(root).catch(() => undefined)
  if (facts === undefined) throw await notFound(root)
  if (facts.isFile()) {
    if (['.csv', '.tsv', '.txt'].includes(extname(root).toLowerCase())) return loadManifest(root, options)
    throw inputError(
      'data.not-a-dataset',
      `${root} is not a dataset: it must be a folder of class folders, a folder with labels.csv, or a CSV manifest`,
    )
  }
  const labels = join(root, 'labels.csv')
  if (await isFile(labels)) return loadManifest(labels, options)
  if (options.groupColumn !== undefined)
    throw inputError(
      'data.group-column',
      `a group column ('${options.groupColumn}') needs a manifest, and ${root} has no labels.csv: name the CSV file itself, or leave the column out`,
    )
  return loadFolder(root, options)
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

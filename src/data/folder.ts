import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { inputError, interrupted, type LayergymError } from '../common/error.ts'
import { openRegularFile } from '../common/regular-file.ts'
import type { Clip, Found, LoadOptions } from './dataset.ts'
import { isSequenceFile, mediaType } from './media-types.ts'
import { parseSplit } from './split-names.ts'

/**
 * A folder of class folders. Where the first level is named after splits (`train`, `test`, …) the classes are the
 * second. Folders below a class say which clips are of one recording, if they say different things. Hidden files
 * are passed over; links are followed. Where there is no video, picture or sound, files of numbers (.csv, .npy) are clips.
 */
export async function loadFolder(root: string, options: LoadOptions): Promise<Found> {
  const top = await list(root)
  const splits =
    top.folders.length > 1 && top.folders.every(folder => parseSplit(basename(folder)) !== undefined)
  const files: FolderFile[] = []
  const add = async (folder: string, split: Clip['split']) => {
    for (const path of await filesBelow(folder, new Set([await realpath(root)]), options.signal))
      files.push({ path, folder, split, type: await typeOf(path) })
  }
  for (const folder of top.folders) {
    if (!splits) await add(folder, undefined)
    else for (const inner of (await list(folder)).folders) await add(inner, parseSplit(basename(folder)))
  }
  const media = files.filter(({ type }) => type !== undefined)
  const usable = media.length > 0 ? media : files.filter(({ path }) => isSequenceFile(path))
  const clips: Clip[] = []
  const skipped: { path: string; reason: string }[] = []
  for (const { path, folder, split, type } of usable) {
    const problem = type === 'sound' ? 'sound only' : await problemOf(path)
    if (type === 'sound' || (problem !== undefined && options.skipBroken))
      skipped.push({ path, reason: problem ?? '' })
    else if (problem !== undefined)
      throw inputError('data.file', `${path} ${problem}: remove it, or have broken files skipped`)
    else {
      const id = relative(root, path).split(sep).join('/')
      const group = relative(folder, path).split(sep).slice(0, -1).join('/')
      clips.push({ id, path, label: basename(folder), split, group: group || undefined })
    }
  }
  if (clips.length === 0 && skipped.length === 0) throw await noVideos(root, top)
  return { clips: new Set(clips.map(clip => clip.group)).size > 1 ? clips : clips.map(withoutGroup), skipped }
}

/** What is wrong with a file that a clip names, to follow its name; undefined when nothing is, as far as one can see. */
export async function problemOf(path: string): Promise<string | undefined> {
  const facts = await stat(path).catch(() => undefined)
  if (facts === undefined) return 'does not exist'
  if (!facts.isFile()) return 'is not a file'
  return facts.size === 0 ? 'is empty (0 bytes)' : undefined
}

interface FolderFile {
  readonly path: string
  /** The class's. */
  readonly folder: string
  readonly split: Clip['split']
  readonly type: ReturnType<typeof mediaType>
}

interface Listing {
  readonly folders: readonly string[]
  readonly files: readonly string[]
}

/** Links count as what they lead to, broken ones as files; sorted, so that the order is every machine's. */
async function list(folder: string): Promise<Listing> {
  const folders: string[] = []
  const files: string[] = []
  for (const name of (await readdir(folder)).sort()) {
    if (name.startsWith('.') || name === '__MACOSX') continue
    const path = join(folder, name)
    const facts = await stat(path).catch(() => undefined)
    if (facts?.isDirectory()) folders.push(path)
    else files.push(path)
  }
  return { folders, files }
}

/** `seen` holds real paths: a link to a folder above would never end. */
async function filesBelow(folder: string, seen: Set<string>, signal?: AbortSignal): Promise<string[]> {
  if (signal?.aborted) throw interrupted()
  const real = await realpath(folder)
  if (seen.has(real)) return []
  seen.add(real)
  const { folders, files } = await list(folder)
  const found = [...files]
  for (const inner of folders) found.push(...(await filesBelow(inner, seen, signal)))
  return found
}

/** `.ts` is TypeScript as often as an MPEG transport stream, whose packets begin with 0x47. */
async function typeOf(path: string): Promise<ReturnType<typeof mediaType>> {
  const type = mediaType(path)
  if (!path.toLowerCase().endsWith('.ts')) return type
  const file = await openRegularFile(path).catch(() => undefined)
  const first = await file?.read(Buffer.alloc(1), 0, 1, 0)
  await file?.close()
  return first?.bytesRead === 1 && first.buffer[0] !== 0x47 ? undefined : type
}

async function noVideos(root: string, { folders, files }: Listing): Promise<LayergymError> {
  const advice = 'put the videos of each class into a folder of its own, or write a labels.csv (path,label)'
  const types = await Promise.all(files.map(typeOf))
  if (types.includes('clip'))
    return inputError('data.no-classes', `${root} holds videos without class folders: ${advice}`)
  const tables = files.filter(path => path.endsWith('.csv')).map(path => basename(path))
  const hint = tables.length === 0 ? '' : ` (or name one of its manifests: ${tables.join(', ')})`
  const where =
    folders.length === 0 ? '' : ` nor in its folders (${folders.map(f => basename(f)).join(', ')})`
  return inputError('data.no-videos', `there are no videos in ${root}${where}: ${advice}${hint}`)
}

function withoutGroup(clip: Clip): Clip {
  return { ...clip, group: undefined }
}

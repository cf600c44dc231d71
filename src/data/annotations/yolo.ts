import { readdir, stat } from 'node:fs/promises'
import { dirname, extname, isAbsolute, join, resolve, sep } from 'node:path'
import { inputError, messageOf } from '../../common/error.ts'
import { readTextFile } from '../../common/regular-file.ts'
import type { Clip, Found, LoadOptions } from '../dataset.ts'
import { isPictureFile } from '../media-types.ts'
import { parseSplit } from '../split-names.ts'
import { numberIn } from './boxes.ts'
import { loadPictures, type SaidBox, type SaidPicture } from './pictures.ts'

/** Larger files are refused: of settings and labels. Bytes. */
const LARGEST_SETTINGS = 2 ** 20
const LARGEST_LABELS = 16 * 2 ** 20

/**
 * Boxes of YOLO's text files: `data.yaml` says names and where the pictures of `train`, `val` and `test` are (a folder, a
 * list of folders, or a .txt of pictures); a picture's labels lie under `labels/` where it lies under `images/`, a line
 * `class x y w h` each, of the middle and the sides as shares of the picture, or `class x1 y1 x2 y2 …` of a polygon. A
 * picture without labels is a negative.
 */
export async function loadYolo(settings: string, options: LoadOptions): Promise<Found> {
  const { names, splits } = await readSettings(settings)
  const pictures: SaidPicture[] = []
  for (const { folders, split } of splits)
    for (const { path, where } of await picturesIn(folders))
      pictures.push({ where, path, split, boxes: await readLabels(labelsFor(path), names, settings) })
  return loadPictures(dirname(settings), pictures, options)
}

interface Settings {
  /** By number. */
  readonly names: ReadonlyMap<number, string>
  readonly splits: readonly { readonly folders: readonly string[]; readonly split: Clip['split'] }[]
}

async function readSettings(file: string): Promise<Settings> {
  const text = await readSmall(file, LARGEST_SETTINGS)
  const { parse } = await import('yaml')
  let values: unknown
  try {
    values = parse(text, { maxAliasCount: 10, logLevel: 'error' })
  } catch (error) {
    throw inputError('data.yaml', `${file} is not YAML: ${messageOf(error)}`, { cause: error })
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw inputError('data.yaml', `${file} must hold names, and train, val and test`)
  const given = values as Readonly<Record<string, unknown>>
  const names = namesOf(given, file)
  const root = await rootOf(given, file)
  const found = await Promise.all(
    ['train', 'val', 'test'].map(async key => ({
      split: parseSplit(key),
      folders: await foldersOf(given[key], key, root, file),
    })),
  )
  const splits = found.filter(({ folders }) => folders.length > 0)
  return {
    names,
    splits: splits.length > 0 ? splits : [{ folders: [join(root, 'images')], split: undefined }],
  }
}

function namesOf({ names, nc }: Readonly<Record<string, unknown>>, file: string): Map<number, string> {
  const entries = typeof names === 'object' && names !== null ? Object.entries(names) : []
  const map = new Map<number, string>()
  const seen = new Set<string>()
  for (const [key, name] of entries) {
    const number = Number(key)
    const text = typeof name === 'number' ? String(name) : name
    if (!Number.isInteger(number) || number < 0 || typeof text !== 'string' || text.trim() === '')
      throw inputError(
        'data.yaml',
        `${file} names: ${key}: ${JSON.stringify(name)} must be a number and a name`,
      )
    if (seen.has(text.trim())) throw inputError('data.yaml', `${file} names: '${text.trim()}' is there twice`)
    seen.add(text.trim())
    map.set(number, text.trim())
  }
  if (map.size === 0)
    throw inputError('data.yaml', `${file} has no names: write names: [person, car], the classes in order`)
  if (nc !== undefined && nc !== map.size)
    throw inputError('data.yaml', `${file} says nc: ${JSON.stringify(nc)}, and has ${map.size} names`)
  return map
}

/** `path`, from the file's folder; datasets are moved, so that one that isn't there is passed over. */
async function rootOf({ path }: Readonly<Record<string, unknown>>, file: string): Promise<string> {
  const root = resolve(dirname(file), typeof path === 'string' ? path : '.')
  return (await isThere(root)) ? root : dirname(file)
}

async function foldersOf(given: unknown, key: string, root: string, file: string): Promise<string[]> {
  if (given === undefined || given === null || given === '') return []
  const list = Array.isArray(given) ? given : [given]
  return Promise.all(
    list.map(async entry => {
      if (typeof entry !== 'string')
        throw inputError('data.yaml', `${file} ${key}: ${JSON.stringify(entry)} must be a folder's name`)
      // Some exports say ../train/images where they mean train/images.
      const places = [resolve(root, entry), resolve(root, entry.replace(/^(\.\.\/)+/, ''))]
      for (const place of places) if (await isThere(place)) return place
      throw inputError('data.yaml', `${file} ${key}: there is nothing at ${places[0]}`)
    }),
  )
}

async function picturesIn(places: readonly string[]): Promise<{ path: string; where: string }[]> {
  const found: { path: string; where: string }[] = []
  for (const place of places) {
    if (extname(place) === '.txt') found.push(...(await listedIn(place)))
    else
      for (const name of await filesBelow(place))
        if (isPictureFile(name)) found.push({ path: join(place, name), where: place })
  }
  return found
}

async function filesBelow(folder: string): Promise<string[]> {
  const facts = await stat(folder).catch(() => undefined)
  if (!facts?.isDirectory())
    throw inputError('data.yaml', `there is no folder ${folder}, and nothing says where the pictures are`)
  const names = await readdir(folder, { recursive: true })
  return names.filter(name => !name.split(sep).some(part => part.startsWith('.'))).sort()
}

async function listedIn(file: string): Promise<{ path: string; where: string }[]> {
  const lines = (await readSmall(file, LARGEST_LABELS)).split(/\r?\n/)
  return lines.flatMap((line, i) => {
    const name = line.trim()
    if (name === '') return []
    return [{ path: isAbsolute(name) ? name : resolve(dirname(file), name), where: `${file} line ${i + 1}` }]
  })
}

/** …/images/…/x.jpg → …/labels/…/x.txt, the last folder of that name; else beside the picture. */
function labelsFor(picture: string): string {
  const parts = picture.split(sep)
  const images = parts.slice(0, -1).lastIndexOf('images')
  if (images >= 0) parts[images] = 'labels'
  const path = parts.join(sep)
  return `${path.slice(0, path.length - extname(path).length)}.txt`
}

async function readLabels(
  file: string,
  names: ReadonlyMap<number, string>,
  settings: string,
): Promise<readonly SaidBox[]> {
  if (!(await isThere(file))) return []
  const seen = new Map<string, number>()
  const lines = (await readSmall(file, LARGEST_LABELS)).split(/\r?\n/)
  return lines.flatMap((text, i) => {
    const line = text.trim()
    if (line === '') return []
    const where = `${file} line ${i + 1}`
    const before = seen.get(line)
    if (before !== undefined)
      throw inputError('data.duplicate', `${where}: the same is said already, in line ${before}`)
    seen.set(line, i + 1)
    return [{ where, relative: true, box: boxIn(line, names, where, settings) }]
  })
}

function boxIn(
  line: string,
  names: ReadonlyMap<number, string>,
  where: string,
  settings: string,
): SaidBox['box'] {
  const numbers = line.split(/\s+/).map(text => {
    const value = numberIn(text)
    if (value === undefined) throw inputError('data.box', `${where}: '${text}' is no number`)
    return value
  })
  const [number, ...rest] = numbers
  const label = names.get(number)
  if (label === undefined)
    throw inputError(
      'data.class',
      `${where}: there is no class ${number}: ${settings} names ${[...names.keys()].join(', ').slice(0, 80)}`,
    )
  if (rest.length === 4) {
    const [x, y, width, height] = rest
    return { label, x: x - width / 2, y: y - height / 2, width, height }
  }
  if (rest.length < 6 || rest.length % 2 === 1)
    throw inputError(
      'data.box',
      `${where} has ${numbers.length} numbers, and must have 5 (class x y w h), or a class and at least three points (x y)`,
    )
  const xs = rest.filter((_, i) => i % 2 === 0)
  const ys = rest.filter((_, i) => i % 2 === 1)
  const [x, y] = [least(xs), least(ys)]
  return {
    label,
    x,
    y,
    width: -least(xs.map(value => -value)) - x,
    height: -least(ys.map(value => -value)) - y,
  }
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b))
}

async function readSmall(file: string, largest: number): Promise<string> {
  return readTextFile(file, { most: largest }).catch(error => {
    throw inputError('data.file', `${file} can't be read: ${messageOf(error)}`, { cause: error })
  })
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

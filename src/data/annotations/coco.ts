import { readdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { inputError, messageOf } from '../../common/error.ts'
import { readRegularFile } from '../../common/regular-file.ts'
import type { Box } from '../annotation.ts'
import type { Clip, Found, LoadOptions } from '../dataset.ts'
import { problemOf } from '../folder.ts'
import type { Size } from '../geometry.ts'
import { parseSplit } from '../split-names.ts'
import { listElements } from './json-lists.ts'
import { loadPictures, type SaidBox, type SaidPicture } from './pictures.ts'

/** Larger files are refused. Bytes. */
const LARGEST = 2 ** 30
/** Of a list; COCO's own have a fifth of it. */
const MOST_ELEMENTS = 2 ** 22

interface Picture {
  readonly where: string
  readonly name: string
  readonly size?: Size
}

/** COCO's JSON files of a folder, `instances_*.json` where there are some; none where it is no such folder. */
export async function cocoFiles(root: string): Promise<string[]> {
  const folder = join(root, 'annotations')
  const names = (await readdir(folder).catch(() => [])).filter(name => name.endsWith('.json')).sort()
  const instances = names.filter(name => name.startsWith('instances'))
  return (instances.length > 0 ? instances : names).map(name => join(folder, name))
}

/**
 * Boxes of COCO's JSON: images, annotations (bbox, iscrowd), categories. A file's name gives the split: `train`, `val`,
 * `test`. Pictures lie in `images/`, beside the file, or in a folder called as the split is, as `train2017`.
 */
export async function loadCoco(files: readonly string[], options: LoadOptions): Promise<Found> {
  const root = rootOf(files[0])
  const pictures: SaidPicture[] = []
  for (const file of files) pictures.push(...(await readCoco(file, root)))
  return loadPictures(root, pictures, options)
}

function rootOf(file: string): string {
  const folder = dirname(file)
  return basename(folder) === 'annotations' ? dirname(folder) : folder
}

async function readCoco(file: string, root: string): Promise<SaidPicture[]> {
  const bytes = await readRegularFile(file, { most: LARGEST }).catch(error => {
    throw inputError('data.json', `${file} can't be read: ${messageOf(error)}`, { cause: error })
  })
  const names = new Map<unknown, string>()
  const pictures = new Map<unknown, Picture>()
  const said: { readonly where: string; readonly value: Fields }[] = []
  const lists = ['categories', 'images', 'annotations']
  const seen = new Set<string>()
  for (const { list, index, value } of listElements(file, bytes, lists)) {
    const where = `${file} ${list}[${index}]`
    seen.add(list)
    if (index >= MOST_ELEMENTS)
      throw inputError('data.json', `${file} has more than ${MOST_ELEMENTS} ${list}: divide it by pictures`)
    const fields = fieldsOf(value, where)
    if (list === 'annotations') said.push({ where, value: kept(fields, where) })
    else if (list === 'images') addOnce(pictures, fields.id, pictureOf(fields, where), where)
    else addOnce(names, fields.id, textOf(fields, 'name', where), where)
  }
  for (const list of ['categories', 'images'])
    if (!seen.has(list))
      throw inputError(
        'data.json',
        `${file} has no '${list}': COCO's files hold images, annotations and categories`,
      )
  const boxes = new Map<unknown, SaidBox[]>()
  for (const { where, value } of said) {
    if (!pictures.has(value.image_id))
      throw inputError('data.json', `${where}.image_id: there is no image ${JSON.stringify(value.image_id)}`)
    const list = boxes.get(value.image_id) ?? []
    list.push({ where: `${where}.bbox`, box: boxOf(value, names, where) })
    boxes.set(value.image_id, list)
  }
  const split = splitOf(file)
  const folders = await foldersOf(root, file, split)
  return Promise.all(
    [...pictures].map(async ([id, { where, name, size: own }]) => {
      const path = await findIn(folders, name)
      return { where, path, split: split?.name, size: own, boxes: boxes.get(id) ?? [] }
    }),
  )
}

type Fields = Readonly<Record<string, unknown>>

function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw inputError('data.json', `${where} is ${JSON.stringify(value)?.slice(0, 40)}, and must be an object`)
}

/** Polygons are most of a file, and not needed. */
function kept({ image_id, category_id, bbox, iscrowd }: Fields, where: string): Fields {
  if (!Array.isArray(bbox) || bbox.length !== 4 || !bbox.every(Number.isFinite))
    throw inputError(
      'data.box',
      `${where}.bbox is ${JSON.stringify(bbox)?.slice(0, 80)}, and must be [x, y, width, height] in pixels`,
    )
  return { image_id, category_id, bbox, iscrowd }
}

function addOnce<T>(map: Map<unknown, T>, id: unknown, value: T, where: string): void {
  if (typeof id !== 'number' && typeof id !== 'string')
    throw inputError('data.json', `${where}.id is ${JSON.stringify(id)}, and must be a number`)
  if (map.has(id)) throw inputError('data.duplicate', `${where}.id: ${id} is there already`)
  map.set(id, value)
}

function textOf(fields: Fields, key: string, where: string): string {
  const value = fields[key]
  if (typeof value === 'string' && value.trim() !== '') return value.trim()
  throw inputError('data.json', `${where}.${key} is ${JSON.stringify(value)}, and must be a text`)
}

function pictureOf(fields: Fields, where: string): Picture {
  const { height, width } = fields
  const sized = typeof height === 'number' && typeof width === 'number' && height > 0 && width > 0
  return { where, name: textOf(fields, 'file_name', where), size: sized ? [height, width] : undefined }
}

function boxOf(
  { category_id, bbox, iscrowd }: Fields,
  names: ReadonlyMap<unknown, string>,
  where: string,
): Box {
  const label = names.get(category_id)
  if (label === undefined)
    throw inputError(
      'data.class',
      `${where}.category_id: there is no category ${JSON.stringify(category_id)} (there are ${[...names.keys()].slice(0, 20).join(', ')})`,
    )
  const [x, y, width, height] = bbox as number[]
  const box = { label, x, y, width, height }
  return iscrowd === 1 || iscrowd === true ? { ...box, crowd: true } : box
}

/** The split that a file's name says, and the folder that COCO keeps its pictures in. */
function splitOf(file: string): { readonly name: Clip['split']; readonly folder: string } | undefined {
  for (const folder of basename(file, '.json').split(/[_.\s]+/)) {
    const name = parseSplit(/^[a-z]+/i.exec(folder)?.[0] ?? '')
    if (name !== undefined) return { name, folder }
  }
  return undefined
}

async function foldersOf(root: string, file: string, split: ReturnType<typeof splitOf>): Promise<string[]> {
  const own = split === undefined ? [] : [join(root, 'images', split.folder), join(root, split.folder)]
  return [...own, join(root, 'images'), dirname(file), root]
}

/** The first place where a picture is; the likeliest where it is nowhere. */
async function findIn(folders: readonly string[], name: string): Promise<string> {
  for (const folder of folders) {
    const path = resolve(folder, name)
    if ((await problemOf(path)) !== 'does not exist') return path
  }
  return resolve(folders.find(folder => basename(folder) === 'images') ?? folders[0], name)
}

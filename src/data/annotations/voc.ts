import { readdir } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { inputError, messageOf } from '../../common/error.ts'
import { readTextFile } from '../../common/regular-file.ts'
import type { Clip, Found, LoadOptions } from '../dataset.ts'
import type { Size } from '../geometry.ts'
import { isPictureFile } from '../media-types.ts'
import { inParallel } from '../parallel.ts'
import { numberIn } from './boxes.ts'
import { loadPictures, type SaidBox, type SaidPicture } from './pictures.ts'

/** Larger files are refused: a picture's objects take a few kilobytes. Bytes. */
const LARGEST = 4 * 2 ** 20
/** Of a set's list of pictures. */
const LARGEST_SET = 64 * 2 ** 20
const AT_ONCE = 8
/** `train` and `trainval` are divided further where nothing else says what is held out. */
const SETS: readonly (readonly [name: string, split: Clip['split']])[] = [
  ['train', 'train'],
  ['val', 'reward'],
  ['test', 'test'],
  ['trainval', 'train'],
]

/** Entities and document types are refused before parsing: a few bytes of them can become gigabytes. */
const PARSER = new XMLParser({
  ignoreAttributes: true,
  processEntities: false,
  parseTagValue: false,
  isArray: name => name === 'object',
})

/**
 * Boxes of Pascal VOC: Annotations/*.xml, JPEGImages/, ImageSets/Main/{train,val,trainval,test}.txt. Coordinates count
 * pixels from 1, and xmax and ymax are still of the box, as the devkit has it. `difficult` objects are crowds: neither to
 * be found nor mistakes. Pictures that no set lists are not held out; those without XML are negatives.
 */
export async function loadVoc(root: string, options: LoadOptions): Promise<Found> {
  const images = join(root, 'JPEGImages')
  const files = (await readdir(images).catch(() => [])).filter(isPictureFile).sort()
  const byStem = new Map(files.map(name => [stemOf(name), name]))
  const splits = await splitsOf(root)
  const xml = (await readdir(join(root, 'Annotations'))).filter(name => name.endsWith('.xml')).sort()
  const annotated = await inParallel(
    xml,
    async (name): Promise<SaidPicture> => {
      const file = join(root, 'Annotations', name)
      const stem = stemOf(name)
      const { filename, size, boxes } = await readXml(file)
      const picture = byStem.get(stem) ?? filename ?? `${stem}.jpg`
      const path = join(images, basename(picture))
      return { where: file, path, split: splits.get(stem)?.split, size, boxes }
    },
    { limit: AT_ONCE, signal: options.signal },
  )
  const known = new Set(annotated.map(({ path }) => path))
  const bare = files
    .map(name => join(images, name))
    .filter(path => !known.has(path))
    .map((path): SaidPicture => ({ where: path, path, split: splits.get(stemOf(path))?.split, boxes: [] }))
  const stems = new Set([...annotated, ...bare].map(({ path }) => stemOf(path)))
  for (const [stem, { where }] of splits)
    if (!stems.has(stem))
      throw inputError('data.unlisted', `${where}: there is no picture ${stem} in ${images}`)
  return loadPictures(root, [...annotated, ...bare], options)
}

/** Whether a folder is laid out as Pascal VOC is. */
export async function isVoc(root: string): Promise<boolean> {
  const names = await readdir(join(root, 'Annotations')).catch(() => [])
  return names.some(name => name.endsWith('.xml'))
}

async function splitsOf(root: string): Promise<Map<string, { split: Clip['split']; where: string }>> {
  const splits = new Map<string, { split: Clip['split']; where: string }>()
  for (const [set, split] of SETS) {
    const file = join(root, 'ImageSets', 'Main', `${set}.txt`)
    const text = await readTextFile(file, { most: LARGEST_SET }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return ''
      throw inputError('data.file', `${file} can't be read: ${messageOf(error)}`, { cause: error })
    })
    for (const [i, line] of text.split(/\r?\n/).entries()) {
      const stem = line.trim().split(/\s+/)[0]
      if (stem === '') continue
      const where = `${file} line ${i + 1}`
      const before = splits.get(stem)
      if (before === undefined) splits.set(stem, { split, where })
      else if (set !== 'trainval')
        throw inputError('data.duplicate', `${where}: ${stem} is in a set already, at ${before.where}`)
    }
  }
  return splits
}

interface Said {
  readonly filename?: string
  readonly size?: Size
  readonly boxes: readonly SaidBox[]
}

async function readXml(file: string): Promise<Said> {
  const text = await readTextFile(file, { most: LARGEST }).catch(error => {
    throw inputError('data.xml', `${file} describes no picture: ${messageOf(error)}`, { cause: error })
  })
  if (/<!(DOCTYPE|ENTITY)/i.test(text))
    throw inputError(
      'data.xml',
      `${file} declares a document type or entities, which are not read: remove them`,
    )
  const valid = XMLValidator.validate(text)
  if (valid !== true)
    throw inputError('data.xml', `${file} line ${valid.err.line} is not XML: ${valid.err.msg}`)
  let tree: unknown
  try {
    tree = PARSER.parse(text)
  } catch (error) {
    throw inputError('data.xml', `${file} is not XML that can be read: ${messageOf(error)}`, { cause: error })
  }
  const root = childOf(tree, 'annotation')
  if (root === undefined)
    throw inputError('data.xml', `${file} has no element annotation: it is not of Pascal VOC`)
  const objects = childOf(root, 'object')
  const boxes = Array.isArray(objects)
    ? objects.map((object, i) => boxOf(object, `${file} object[${i + 1}]`))
    : []
  const [height, width] = ['height', 'width'].map(side => numberIn(textOf(childOf(root, 'size'), side)) ?? 0)
  return {
    filename: textOf(root, 'filename'),
    size: height > 0 && width > 0 ? [height, width] : undefined,
    boxes,
  }
}

function boxOf(object: unknown, where: string): SaidBox {
  const label = textOf(object, 'name') ?? ''
  const bounds = childOf(object, 'bndbox')
  const [xmin, ymin, xmax, ymax] = ['xmin', 'ymin', 'xmax', 'ymax'].map(side => {
    const text = textOf(bounds, side)
    const value = numberIn(text)
    if (value === undefined)
      throw inputError(
        'data.box',
        `${where}/bndbox/${side} is '${text ?? ''}', and must be a number of pixels`,
      )
    return value
  })
  const box = { label, x: xmin - 1, y: ymin - 1, width: xmax - xmin + 1, height: ymax - ymin + 1 }
  const difficult = textOf(object, 'difficult') === '1'
  return { where, box: difficult ? { ...box, crowd: true } : box }
}

function childOf(tree: unknown, name: string): unknown {
  return typeof tree === 'object' && tree !== null && Object.hasOwn(tree, name)
    ? Reflect.get(tree, name)
    : undefined
}

function textOf(tree: unknown, name: string): string | undefined {
  const value = childOf(tree, name)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

function stemOf(path: string): string {
  return basename(path, extname(path))
}

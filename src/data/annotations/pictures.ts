import { relative, sep } from 'node:path'
import { inputError, interrupted } from '../../common/error.ts'
import type { Box } from '../annotation.ts'
import type { Clip, Found, LoadOptions } from '../dataset.ts'
import { problemOf } from '../folder.ts'
import type { Size } from '../geometry.ts'
import { checkedBox } from './boxes.ts'
import { labelsOf, mediaFor } from './sidecars.ts'

/** A box as a file of some format says it. */
export interface SaidBox {
  /** File and line or element, to begin a message with. */
  readonly where: string
  readonly box: Box
  /** Coordinates are shares of the picture's sides. */
  readonly relative?: boolean
}

/** A picture as a file of some format lists it. */
export interface SaidPicture {
  readonly where: string
  /** Absolute. */
  readonly path: string
  readonly split?: Clip['split']
  /** What the file says of its size, where it does. */
  readonly size?: Size
  readonly boxes: readonly SaidBox[]
}

/** Clips of pictures with boxes, checked; those without any are negatives. */
export async function loadPictures(
  root: string,
  pictures: readonly SaidPicture[],
  { skipBroken, signal }: LoadOptions,
): Promise<Found> {
  if (pictures.length === 0) throw inputError('data.no-videos', `${root} names no picture`)
  // One split alone says nothing about what is held out.
  const divided = new Set(pictures.map(({ split }) => split)).size > 1
  const skipped: { path: string; reason: string }[] = []
  const missing: string[] = []
  const places = new Map<string, string>()
  const present: { readonly said: SaidPicture; readonly clip: Clip }[] = []
  for (const said of pictures) {
    if (signal?.aborted) throw interrupted()
    const before = places.get(said.path)
    if (before !== undefined)
      throw inputError('data.duplicate', `${said.where}: ${said.path} is listed already, at ${before}`)
    places.set(said.path, said.where)
    const problem = await problemOf(said.path)
    const id = relative(root, said.path).split(sep).join('/')
    if (problem === undefined)
      present.push({
        said,
        clip: { id, path: said.path, label: '', split: divided ? said.split : undefined },
      })
    else if (skipBroken) skipped.push({ path: said.path, reason: problem })
    else missing.push(`${said.where}: ${said.path} ${problem}`)
  }
  if (missing.length > 0) {
    const more = missing.length > 5 ? `; and ${missing.length - 5} more` : ''
    throw inputError(
      'data.file',
      `${missing.slice(0, 5).join('; ')}${more}: put these pictures there, or have broken files skipped`,
    )
  }
  const found = await mediaFor(present, { skipBroken, signal })
  const clips = present.flatMap(({ said, clip }) => {
    const media = found.media.get(clip.path)
    if (media === undefined) return []
    const boxes = boxesOf(said, media.size)
    return [{ ...clip, annotation: { size: media.size, boxes: [{ time: 0, boxes }] } }]
  })
  return {
    clips,
    skipped: [...skipped, ...found.skipped],
    boxClasses: labelsOf(clips, ({ boxes }) => boxes?.flatMap(frame => frame.boxes)),
  }
}

function boxesOf({ where, path, size: said, boxes }: SaidPicture, size: Size): readonly Box[] {
  if (said !== undefined && (said[0] !== size[0] || said[1] !== size[1])) {
    const turned = said[0] === size[1] && said[1] === size[0]
    const hint = turned ? ' (turned by EXIF? store the picture upright)' : ''
    throw inputError(
      'data.picture-size',
      `${where}: ${path} is said to be ${said[1]} wide and ${said[0]} high, and is ${size[1]} and ${size[0]}${hint}`,
    )
  }
  return boxes.map(({ box, relative, where: place }) =>
    checkedBox(relative ? scaled(box, size) : box, size, place),
  )
}

function scaled(box: Box, [height, width]: Size): Box {
  return {
    ...box,
    x: box.x * width,
    y: box.y * height,
    width: box.width * width,
    height: box.height * height,
  }
}

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { ffmpeg, temporaryFolder } from '../fixtures.ts'

/** Files by path below a folder; bytes or text. */
export type Files = Readonly<Record<string, string | Uint8Array>>

export function folderOf(files: Files): string {
  const folder = temporaryFolder()
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

export const lines = (...rows: readonly string[]) => `${rows.join('\n')}\n`

interface PngOptions {
  /** PNG's colour type: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha. */
  readonly colour?: 0 | 2 | 3 | 4 | 6
  /** Red, green, blue, one after the other. */
  readonly palette?: readonly number[]
}

/** A PNG of 8 bits without filters. */
export function png(
  width: number,
  height: number,
  samples: readonly number[] = [],
  { colour = 0, palette }: PngOptions = {},
): Buffer {
  const perPixel = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colour]
  const raw = Buffer.alloc(height * (1 + width * perPixel))
  for (let y = 0; y < height; y++)
    for (let i = 0; i < width * perPixel; i++)
      raw[y * (1 + width * perPixel) + 1 + i] = samples[y * width * perPixel + i] ?? 0
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, colour], 8)
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...(palette === undefined ? [] : [chunk('PLTE', Buffer.from(palette))]),
    chunk('IDAT', deflateSync(raw)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}

/** A clip of so many frames, 10 a second; of uneven times where asked for. */
export async function video(
  path: string,
  frames: number,
  { size = '64x48', uneven = false } = {},
): Promise<string> {
  mkdirSync(dirname(path), { recursive: true })
  const select = uneven ? ['-vf', "select='not(mod(n,5))+not(mod(n,3))'", '-vsync', 'vfr'] : []
  const source = ['-f', 'lavfi', '-i', `testsrc=size=${size}:rate=10:duration=${uneven ? 60 : frames / 10}`]
  await ffmpeg(
    ...source,
    ...select,
    '-frames:v',
    String(frames),
    '-c:v',
    'libx264',
    '-pix_fmt',
    'yuv420p',
    path,
  )
  return path
}

/** COCO's JSON with one picture, 40 wide and 30 high, one category and these annotations. */
export function coco(annotations: readonly object[] = [], more: object = {}): string {
  return JSON.stringify({
    images: [{ id: 1, file_name: 'a.png', width: 40, height: 30 }],
    categories: [{ id: 7, name: 'cat' }],
    annotations: annotations.map((of, i) => ({ id: i, image_id: 1, category_id: 7, ...of })),
    ...more,
  })
}

/** An XML file of Pascal VOC. */
export function voc(objects: string, { filename = 'a.png', width = 40, height = 30 } = {}): string {
  return `<annotation><filename>${filename}</filename>
<size><width>${width}</width><height>${height}</height><depth>3</depth></size>
${objects}
</annotation>`
}

export function vocObject(name: string, bounds: readonly (number | string)[], difficult = 0): string {
  const [xmin, ymin, xmax, ymax] = bounds
  return `<object><name>${name}</name><difficult>${difficult}</difficult>
<bndbox><xmin>${xmin}</xmin><ymin>${ymin}</ymin><xmax>${xmax}</xmax><ymax>${ymax}</ymax></bndbox></object>`
}

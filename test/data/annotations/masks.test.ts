import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { IGNORED } from '../../../src/data/annotation.ts'
import { readMask } from '../../../src/data/annotations/masks.ts'
import { loadDataset } from '../../../src/data/load.ts'
import { readPng } from '../../../src/data/png.ts'
import { decodeVideo } from '../../../src/data/video.ts'
import { ffmpeg, temporaryFolder } from '../fixtures.ts'
import { folderOf, lines, png } from './fixtures.ts'

const PICTURE = png(3, 2)
const VALUES = [0, 2, 255, 2, 0, 0]

async function masked(mask: Uint8Array, classes?: string) {
  const folder = folderOf({
    'a.png': PICTURE,
    'b.png': PICTURE,
    'm.png': mask,
    'labels.csv': lines('path,mask', 'a.png,m.png', 'b.png,'),
    ...(classes === undefined ? {} : { 'classes.csv': classes }),
  })
  const { maskClasses, clips } = await loadDataset(folder)
  const mine = clips[0].annotation?.mask
  if (mine === undefined) throw new Error('no mask')
  expect(clips[1].annotation).toEqual({ size: [2, 3] })
  return { maskClasses, counts: mine.counts, pixels: [...readMask(mine)] }
}

describe("a mask's pixels name classes", () => {
  test('by number, without a list: those that occur', async () => {
    expect(await masked(png(3, 2, VALUES))).toEqual({
      maskClasses: ['0', '2'],
      counts: [3, 2],
      pixels: [0, 1, IGNORED, 1, 0, 0],
    })
  })

  test('by index, with names, some of them left out', async () => {
    expect(
      await masked(png(3, 2, VALUES), lines('name,index,ignored', 'far,0,yes', 'road,2,', 'sky,5,no')),
    ).toEqual({
      maskClasses: ['road', 'sky'],
      counts: [2, 0],
      pixels: [IGNORED, 0, IGNORED, 0, IGNORED, IGNORED],
    })
  })

  test('by rows, where neither index nor colour is said', async () => {
    const { maskClasses, pixels } = await masked(
      png(3, 2, [1, 1, 0, 0, 1, 255]),
      lines('name', 'road', 'sky'),
    )
    expect(maskClasses).toEqual(['road', 'sky'])
    expect(pixels).toEqual([1, 1, 0, 0, 1, IGNORED])
  })

  const palette = [0, 0, 0, 128, 64, 0, 9, 9, 9]
  test("a palette's index, whatever its colours; its colours where those are listed", async () => {
    const mask = png(3, 2, [1, 1, 0, 0, 1, 1], { colour: 3, palette })
    expect((await masked(mask)).maskClasses).toEqual(['0', '1'])
    const listed = await masked(mask, lines('name,color', 'road,#804000', 'sky,#000000'))
    expect(listed).toEqual({ maskClasses: ['road', 'sky'], counts: [4, 2], pixels: [0, 0, 1, 1, 0, 0] })
  })

  test('colours as r, g, b, with transparency left out', async () => {
    const pixel = (...rgb: number[]) => [...rgb, 77]
    const mask = png(
      3,
      2,
      [1, 0, 0, 1, 1, 1].flatMap(i => (i ? pixel(128, 64, 0) : pixel(1, 2, 3))),
      { colour: 6 },
    )
    const { pixels } = await masked(mask, lines('name,r,g,b,ignored', 'road,128,64,0,no', 'void,1,2,3,yes'))
    expect(pixels).toEqual([0, IGNORED, IGNORED, 0, 0, 0])
  })

  test('grey that is stored as colours counts as grey', async () => {
    const mask = png(
      3,
      2,
      [2, 2, 2, 2, 0, 0].flatMap(i => [i, i, i]),
      { colour: 2 },
    )
    expect((await masked(mask)).pixels).toEqual([1, 1, 1, 1, 0, 0])
  })
})

describe('PNG', () => {
  test.each(['gray', 'rgb24', 'gray16be', 'rgba', 'ya8', 'monob'])(
    '%s is read as ffmpeg reads it',
    async format => {
      const path = join(temporaryFolder(), 'p.png')
      const source = ['-f', 'lavfi', '-i', 'testsrc=size=37x23:duration=1:rate=1']
      await ffmpeg(...source, '-frames:v', '1', '-pix_fmt', format, '-pred', 'mixed', path)
      const { samples, channels, height, width } = readPng(readFileSync(path))
      const { frames } = await decodeVideo(path, { channels })
      const scale = { gray16be: 257, monob: 1 / 255 }[format] ?? 1
      expect([height, width]).toEqual([23, 37])
      const different = [...samples].filter((value, i) => Math.abs(value / scale - frames[i]) > 1)
      expect(different).toEqual([])
    },
  )

  test('interlaced, and of few bits', () => {
    // 3 x 2 pixels of 2 bits: passes 1 (0,0), 4 (2,0), 6 (1,0), 7 (row 1).
    const raw = [0, 0b01_000000, 0, 0b10_000000, 0, 0b11_000000, 0, 0b01_10_11_00]
    const whole = png(3, 2)
    whole.set([2, 0, 0, 0, 1], 24)
    const data = deflateSync(Buffer.from(raw))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    const bytes = Buffer.concat([whole.subarray(0, 33), length, Buffer.from('IDAT'), data, Buffer.alloc(4)])
    expect([...readPng(bytes).samples]).toEqual([1, 3, 2, 1, 2, 3])
  })
})

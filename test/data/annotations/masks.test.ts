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

describe('what does not fit is refused', () => {
  const masked = (mask: Uint8Array, classes?: string) =>
    loadDataset(
      folderOf({
        'a.png': png(40, 30),
        'm.png': mask,
        'labels.csv': lines('path,mask', 'a.png,m.png'),
        ...(classes === undefined ? {} : { 'classes.csv': classes }),
      }),
    )

  test.each([
    [40, 31],
    [41, 30],
    [30, 40],
  ])('a mask of %d by %d pixels on a picture of 40 by 30', async (width, height) => {
    await expect(masked(png(width, height))).rejects.toThrow(`is ${width} wide and ${height} high`)
  })

  test.each([
    ['name,index\nroad,\n', "index is '', and must be a whole number, 0 to 255"],
    ['name,index\nroad,1.5\n', "index is '1.5', and must"],
    ['name,index\nroad,-1\n', "index is '-1', and must"],
    ['name,index\nroad,256\n', "index is '256', and must"],
    ['name,r,g,b\nroad,1,2,\n', "b is '', and must be a whole number, 0 to 255"],
    ['name,r,g,b\nroad,1,256,3\n', "g is '256', and must"],
    ['name,r,g,b\nroad,-1,2,3\n', "r is '-1', and must"],
    ['name,r,g,b\nroad,x,2,3\n', "r is 'x', and must"],
    ['name,color\nroad,#12345\n', "color is '#12345', and must be written as #rrggbb"],
    ['name,colour\nroad,#1234567\n', "color is '#1234567'"],
    ['name\n', 'names no class: nothing follows its header'],
    ['name,index\n,1\n', 'the name is empty'],
    ['name,ignored\nroad,yes\n', 'names 0 classes: 1 to 255 are allowed'],
    ['name,color\nroad,#000102\nsky,000102\n', 'the colour #000102 stands for two classes'],
  ])('%j', async (classes, words) => {
    await expect(masked(png(40, 30), classes)).rejects.toThrow(words)
  })

  test('of many values that are listed a dozen is named', async () => {
    const classes = lines('name,index', ...Array.from({ length: 20 }, (_, i) => `c${i},${i + 1}`))
    await expect(masked(png(40, 30), classes)).rejects.toThrow(
      /pixel at x 0, y 0 is 0, and .*classes\.csv has 1, 2, .*, 12, and 9 more$/,
    )
    // The third pixel of the second row.
    const coloured = Array.from({ length: 3 * 40 * 30 }, (_, i) => (i < 3 * 42 ? 9 : i % 3))
    await expect(masked(png(40, 30, coloured, { colour: 2 }), 'name,index\nroad,9\n')).rejects.toThrow(
      'is coloured, as #000102 at x 2, y 1: say in classes.csv',
    )
  })
})

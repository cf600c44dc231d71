import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadDataset } from '../../../src/data/load.ts'
import { inspectDataset } from '../../../src/data/summary/inspect.ts'
import { isNearDuplicate, printOf } from '../../../src/data/summary/near-duplicates.ts'
import { thumbnails } from '../../../src/data/summary/thumbnails.ts'
import { describeDataset } from '../../../src/data/summary/words.ts'
import { type Files, folderOf, lines, png, video } from '../annotations/fixtures.ts'
import { ffmpeg, shippedClips, temporaryFolder } from '../fixtures.ts'

/** Pictures that look like nothing else: noise in blocks, by number. */
function noise(seed: number, size = 64): Buffer {
  let state = seed * 2654435761 + 1
  const block = Array.from({ length: 64 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  })
  const samples = Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [Math.floor(((i % size) * 8) / size), Math.floor((Math.floor(i / size) * 8) / size)]
    return block[y * 8 + x]
  })
  return png(size, size, samples)
}

const NAMES = Array.from({ length: 24 }, (_, i) => `${i}.png`)
const PICTURES: Files = Object.fromEntries(NAMES.map((name, i) => [name, noise(i + 1)]))
const split = (i: number) => (i < 16 ? 'train' : 'test')
const labels = lines('path,split,group', ...NAMES.map((name, i) => `${name},${split(i)},g${i}`))

async function codesOf(files: Files) {
  const dataset = await loadDataset(folderOf(files), { skipBroken: true })
  const { findings } = await inspectDataset(dataset)
  return Object.fromEntries(findings.map(({ code, message }) => [code, message]))
}

describe('what is odd', () => {
  const box = (i: number, label: string) => `${i}.png,${label},${i},1,20,20`
  const boxes = (of: (i: number) => string) =>
    lines('path,label,x,y,w,h', ...NAMES.map((_, i) => box(i, of(i))))
  const even = boxes(i => (i % 2 ? 'cat' : 'dog'))

  test('is nothing where nothing is', async () => {
    expect(await codesOf({ ...PICTURES, 'labels.csv': labels, 'boxes.csv': even })).toEqual({})
  })

  test('near-duplicates over splits, however they are stored', async () => {
    const folder = folderOf({ ...PICTURES, 'labels.csv': labels, 'boxes.csv': even })
    const small = join(folder, '20.png')
    await ffmpeg('-i', join(folder, '3.png'), '-vf', 'scale=48:48', '-q:v', '5', join(folder, 'x.jpg'))
    await ffmpeg('-i', join(folder, 'x.jpg'), small)
    const { findings } = await inspectDataset(await loadDataset(folder))
    expect(findings.map(({ code }) => code)).toEqual(['splits.duplicates'])
    expect(findings[0].message).toContain(
      '1 held-out items look like one that is learned from: 20.png = 3.png',
    )
    copyFileSync(join(folder, '4.png'), join(folder, '5.png'))
    expect((await inspectDataset(await loadDataset(folder))).findings).toHaveLength(1)
  })

  test('files that do not decode, pictures of one colour', async () => {
    const torn = noise(3).subarray(0, 90)
    const codes = await codesOf({
      ...PICTURES,
      '2.png': torn,
      '4.png': png(64, 64),
      '5.png': 'no picture',
      'labels.csv': `${labels}gone.png,train,g99\n`,
      'boxes.csv': even,
    })
    expect(Object.keys(codes)).toEqual(['items.unreadable', 'items.blank'])
    expect(codes['items.unreadable']).toMatch(/^3 can't be read: .*gone\.png does not exist/)
    expect(codes['items.unreadable']).toContain('2.png')
    expect(codes['items.blank']).toContain('4.png')
  })

  test('rare, unbalanced and similar classes, and those that a split lacks', async () => {
    const codes = await codesOf({
      ...PICTURES,
      'labels.csv': labels,
      'boxes.csv': boxes(i => (i === 20 ? 'Road Sign' : i === 21 ? 'road_sign' : 'car')),
    })
    expect(Object.keys(codes).sort()).toEqual([
      'boxes.few',
      'boxes.similar',
      'boxes.unbalanced',
      'splits.absent',
    ])
    expect(codes['boxes.few']).toContain('Road Sign (1), road_sign (1)')
    expect(codes['boxes.unbalanced']).toContain('car occurs 22 times as often')
    expect(codes['splits.absent']).toContain('box Road Sign in train')
  })

  test('no recordings are named; too few items to divide; no box', async () => {
    const few = {
      'a.png': noise(1),
      'b.png': noise(2),
      'boxes.csv': lines('path,label,x,y,w,h', 'a.png,,,,,', 'b.png,,,,,'),
    }
    expect(Object.keys(await codesOf(few))).toEqual(['boxes.none', 'split.too-few'])
    const files = { ...PICTURES, 'labels.csv': lines('path', ...NAMES), 'boxes.csv': even }
    expect(Object.keys(await codesOf(files))).toEqual(['splits.groups'])
  })
})

describe('in words', () => {
  test('items, labels, boxes, segments, splits', async () => {
    const folder = folderOf({
      'a.png': png(200, 200),
      'b.png': png(200, 200),
      'labels.csv': lines('path,label,split', 'a.png,day,train', 'b.png,night,test', 'v.mp4,day,train'),
      'boxes.csv': lines(
        'path,frame,label,x,y,w,h',
        'a.png,,cat,0,0,10,10',
        'a.png,,cat,0,0,50,50',
        'v.mp4,1,dog,0,0,20,20',
      ),
      'segments.csv': lines('path,start,end,label', 'v.mp4,0,0.3,run'),
    })
    await video(join(folder, 'v.mp4'), 4)
    expect(describeDataset(await loadDataset(folder))).toEqual([
      'items: 2 pictures and 1 clips',
      'labels: 2 (day 2; night 1)',
      'boxes: 3 of 2 classes (cat 2 in 1 items; dog 1 in 1 items)',
      '  6 frames hold 0 each in the median, 2 at most; 4 hold none',
      '  by area 67 % are small (under 32 x 32 px of the source), 33 % medium, 0 % large (from 96 x 96); median side 20 px',
      'segments: in 1 clips, 1 classes (run 1, 0 s)',
      'splits: 2 train, 1 test; a run divides train further',
    ])
  })

  test('masks by their pixels', async () => {
    const folder = folderOf({
      'a.png': png(2, 2),
      'm.png': png(2, 2, [0, 1, 1, 255]),
      'labels.csv': lines('path,mask', 'a.png,m.png'),
      'classes.csv': lines('name', 'road', 'sky'),
    })
    expect(describeDataset(await loadDataset(folder))).toEqual([
      'items: 1 pictures',
      'masks: 1, 2 classes by pixels (sky 67 %; road 33 %)',
      'splits: the files name none; a run divides the items',
    ])
  })

  test('classes of masks that nothing names, and how they are named', async () => {
    const folder = folderOf({
      'a.png': png(2, 2),
      'm.png': png(2, 2, [0, 1, 1, 255]),
      'labels.csv': lines('path,mask', 'a.png,m.png'),
    })
    const [, masks, hint] = describeDataset(await loadDataset(folder))
    expect(masks).toBe('masks: 1, 2 classes by pixels (1 67 %; 0 33 %)')
    expect(hint).toContain("classes.csv beside labels.csv names them (a header 'name'")
  })

  test('sizes and rates of clips', async () => {
    const folder = temporaryFolder()
    const rows = shippedClips(6).map((path, i) => `${path},${i % 2 ? 'a' : 'b'}`)
    writeFileSync(join(folder, 'clips.csv'), lines('path,label', ...rows))
    const { media, summary } = await inspectDataset(await loadDataset(join(folder, 'clips.csv')))
    expect(summary).toMatchObject({ items: 6, pictures: 0, labels: [{ count: 3 }, { count: 3 }] })
    expect(media).toMatchObject({
      sizes: [{ name: '128 x 128', count: 6 }],
      rates: { least: 25, most: 25 },
      seconds: { median: 1.28 },
      looked: 6,
    })
  })
})

test('clips are looked at in the middle of their piece: one that begins black is not blank', async () => {
  const folder = folderOf({})
  const clip = join(folder, 'a.mp4')
  const fade = 'fade=t=in:start_frame=5:nb_frames=1'
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=10:duration=2', '-vf', fade, clip)
  const blank = async (...rows: readonly string[]) => {
    writeFileSync(join(folder, 'labels.csv'), lines('path,label,start,end', ...rows))
    const { findings } = await inspectDataset(await loadDataset(folder))
    return findings.filter(({ code }) => code === 'items.blank').map(({ message }) => message)
  }
  expect(await blank('a.mp4,x,,')).toEqual([])
  expect(await blank('a.mp4,x,,9')).toEqual([])
  const [message] = await blank('a.mp4,x,0.1,0.3', 'a.mp4,y,1,')
  expect(message).toContain('a.mp4#0.1-0.3')
  expect(message).not.toContain('a.mp4#1-')
})

test('thumbnails come in order, the middle of clips too, and what is broken spoils itself alone', async () => {
  const folder = folderOf({ 'a.png': noise(1), 'b.png': 'broken', 'c.png': noise(2) })
  const clip = await video(join(folder, 'v.mp4'), 20)
  const paths = ['a.png', 'b.png', 'c.png'].map(name => join(folder, name))
  const [a, b, c, first, middle] = await thumbnails([
    ...paths.map(path => ({ path })),
    { path: clip },
    { path: clip, time: 1 },
  ])
  expect(b).toBeUndefined()
  expect([a, c, first, middle].map(pixels => pixels?.length)).toEqual([272, 272, 272, 272])
  const prints = [a, c, first, middle].map(pixels => printOf(pixels ?? new Uint8Array()))
  expect(isNearDuplicate(prints[0], prints[1])).toBe(false)
  expect(
    isNearDuplicate(
      prints[0],
      printOf(Uint8Array.from(prints[0].pixels, value => Math.min(255, value + 12))),
    ),
  ).toBe(true)
  expect(first).not.toEqual(middle)
})

test('a large JPEG is halved while it is decoded: its thumbnail stays the same', async () => {
  const folder = folderOf({ 'a.png': noise(1, 1100) })
  await ffmpeg('-i', join(folder, 'a.png'), '-q:v', '2', join(folder, 'a.jpg'))
  const path = join(folder, 'a.jpg')
  const [whole, halved, small] = await thumbnails([
    { path },
    { path, size: [1100, 1100] },
    { path, size: [200, 200] },
  ])
  const difference = (a: Uint8Array = new Uint8Array(), b: Uint8Array = new Uint8Array()) =>
    a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length
  expect(small).toEqual(whole)
  expect(halved).not.toEqual(whole)
  expect(difference(whole, halved)).toBeLessThan(2)
})

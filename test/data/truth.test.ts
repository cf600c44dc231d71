import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { IGNORED } from '../../src/data/annotation.ts'
import { openClipCache } from '../../src/data/clip-cache.ts'
import type { Dataset } from '../../src/data/dataset.ts'
import type { Fit } from '../../src/data/decode-options.ts'
import { datasetFingerprint } from '../../src/data/fingerprint.ts'
import { geometryOf, type Size } from '../../src/data/geometry.ts'
import { loadDataset } from '../../src/data/load.ts'
import { mediaOf } from '../../src/data/media.ts'
import { openClipSource } from '../../src/data/source.ts'
import { moved, Truths } from '../../src/data/truth.ts'
import { decodeVideo } from '../../src/data/video.ts'
import { folderOf, lines, png, video } from './annotations/fixtures.ts'
import { ffmpeg, temporaryFolder } from './fixtures.ts'

interface Recipe {
  readonly size?: Size
  readonly fit?: Fit
  readonly frameRate?: number
  readonly frames?: number
}

async function sourceOf({ clips }: Dataset, { frames = 1, ...more }: Recipe = {}) {
  const recipe = { size: [32, 32] as const, fit: 'letterbox' as const, frameRate: 10, ...more }
  const cache = openClipCache({ dir: temporaryFolder(), channels: 1, ...recipe })
  await cache.prepare(clips)
  return openClipSource({ cache, frames })
}

/** A white square of 12 pixels that moves 4 pixels a frame, and a table that says where it is. */
async function movingSquare(frames: number, listed: (frame: number) => boolean, annotated = '') {
  const rows = Array.from({ length: frames }, (_, i) => i).filter(listed)
  const folder = folderOf({
    'labels.csv': lines('path,annotated', `v.mkv,${annotated}`),
    'boxes.csv': lines('path,frame,label,x,y,w,h', ...rows.map(i => `v.mkv,${i},square,${4 * i},20,12,12`)),
  })
  const source = (colour: string, size: string) => [
    '-f',
    'lavfi',
    '-i',
    `color=${colour}:size=${size}:rate=10`,
  ]
  await ffmpeg(
    ...source('black', '96x64'),
    ...source('white', '12x12'),
    ...['-filter_complex', "[0][1]overlay=x='40*t':y=20:shortest=1", '-frames:v', String(frames)],
    ...['-c:v', 'ffv1', join(folder, 'v.mkv')],
  )
  return loadDataset(folder)
}

/** Middle of the bright pixels, x and y. */
function middleOf(pixels: Uint8Array, width: number): readonly [number, number] {
  let [mass, x, y] = [0, 0, 0]
  for (const [i, value] of pixels.entries()) {
    if (value < 128) continue
    mass++
    x += (i % width) + 0.5
    y += Math.floor(i / width) + 0.5
  }
  return [x / mass, y / mass]
}

describe('what is true goes with the frames that are shown', () => {
  test.each(['uniform', 'random'])('%s: boxes lie where the pixels are', async how => {
    const data = await movingSquare(21, () => true)
    const source = await sourceOf(data, { frames: 5, size: [48, 48], fit: 'letterbox' })
    const sampling = how === 'uniform' ? ('uniform' as const) : Rng.of(3)
    const { pixels, items } = source.see(data.clips, sampling)
    const truth = items[0].truth ?? []
    expect(truth).toHaveLength(5)
    for (const [frame, { boxes = [] }] of truth.entries()) {
      const [x, y] = middleOf(pixels.subarray(frame * 48 * 48, (frame + 1) * 48 * 48), 48)
      expect(boxes).toHaveLength(1)
      expect(Math.abs(boxes[0].x + boxes[0].width / 2 - x)).toBeLessThan(1)
      expect(Math.abs(boxes[0].y + boxes[0].height / 2 - y)).toBeLessThan(1)
    }
    if (how === 'uniform') {
      expect(source.items(data.clips)).toEqual(items)
      expect(source.batch(data.clips, 'uniform')).toEqual(pixels)
    }
  })

  test('at another rate than the source: the frame nearest in time, which may hold nothing', async () => {
    const data = await movingSquare(20, frame => frame === 5)
    const source = await sourceOf(data, { frames: 10, frameRate: 5 })
    const held = source.items(data.clips)[0].truth?.map(({ boxes }) => boxes?.length)
    // Samples at 0, 0.2, …: frame 5 is at 0.5, which none of them shows.
    expect(held).toEqual(Array(10).fill(0))
    const other = await movingSquare(20, frame => frame === 6)
    const shown = (await sourceOf(other, { frames: 10, frameRate: 5 })).items(other.clips)[0].truth
    expect(shown?.map(({ boxes }) => boxes?.length)).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  })

  test('of a sparse clip nothing is known of frames that nobody looked at', async () => {
    const data = await movingSquare(20, frame => frame === 5, 'listed')
    const truth = (await sourceOf(data, { frames: 10, frameRate: 5 })).items(data.clips)[0].truth
    // 0.5 lies half an interval from 0.4 and 0.6.
    expect(truth?.map(({ boxes }) => boxes?.length)).toEqual([
      undefined,
      undefined,
      1,
      1,
      ...Array(6).fill(undefined),
    ])
  })

  test('a piece of a video keeps the times of its file', async () => {
    const data = await movingSquare(20, frame => frame >= 10)
    const clips = [{ ...data.clips[0], start: 0.8, end: 1.2 }]
    const source = await sourceOf({ ...data, clips }, { frames: 4 })
    expect(source.items(clips)[0].truth?.map(({ boxes }) => boxes?.length)).toEqual([0, 0, 1, 1])
  })

  test('moments, and between them none', async () => {
    const folder = folderOf({
      'segments.csv': lines('path,start,end,label', 'v.mp4,0,0.5,run', 'v.mp4,1,2,walk'),
    })
    await video(join(folder, 'v.mp4'), 20)
    const data = await loadDataset(folder)
    const truth = (await sourceOf(data, { frames: 4 })).items(data.clips)[0].truth
    expect(truth?.map(({ moment }) => moment)).toEqual(['run', undefined, 'walk', 'walk'])
    expect(truth?.every(({ boxes, mask }) => boxes === undefined && mask === undefined)).toBe(true)
  })

  test('masks: nearest pixels, bars left out, the same array again', async () => {
    const half = Array.from({ length: 40 * 20 }, (_, i) => (i % 40 < 20 ? 0 : 1))
    const folder = folderOf({
      'a.png': png(
        40,
        20,
        half.map(value => 255 * value),
      ),
      'm.png': png(40, 20, half),
      'labels.csv': lines('path,mask', 'a.png,m.png'),
    })
    const data = await loadDataset(folder)
    const source = await sourceOf(data)
    const { pixels, items } = source.see(data.clips, 'uniform')
    const mask = items[0].truth?.[0].mask ?? new Uint8Array()
    const rows = (values: Uint8Array, row: number) => [...values.subarray(row * 32, (row + 1) * 32)]
    expect(new Set(mask.subarray(0, 8 * 32))).toEqual(new Set([IGNORED]))
    expect(new Set(mask.subarray(24 * 32))).toEqual(new Set([IGNORED]))
    for (const row of [8, 15, 23])
      expect(rows(mask, row)).toEqual(rows(pixels, row).map(value => (value > 127 ? 1 : 0)))
    expect(source.items(data.clips)[0].truth?.[0].mask).toBe(mask)
  })

  test('clips without annotations stay as they are', async () => {
    const folder = folderOf({ 'x/a.png': png(8, 8), 'y/b.png': png(8, 8) })
    const data = await loadDataset(folder)
    const items = (await sourceOf(data)).items(data.clips)
    expect(items).toEqual(data.clips)
  })
})

describe('a box at the edge', () => {
  const geometry = geometryOf([40, 80], [40, 40], 'crop')
  test.each([
    [
      'cut off where it reaches out',
      { x: 10, y: 5, width: 20, height: 10 },
      { x: 0, y: 5, width: 10, height: 10 },
    ],
    ['gone outside', { x: 0, y: 5, width: 20, height: 10 }, undefined],
    ['gone where less than a tenth is left', { x: 0, y: 5, width: 21.9, height: 30 }, undefined],
    [
      'there where a tenth is left',
      { x: 0, y: 5, width: 22.4, height: 30 },
      { x: 0, y: 5, width: 2.4, height: 30 },
    ],
    ['gone where it is thinner than a pixel', { x: 30, y: 5, width: 0.9, height: 30 }, undefined],
  ])('%s', (_, box, expected) => {
    const found = moved({ label: 'a', ...box }, geometry)
    if (expected === undefined) expect(found).toBeUndefined()
    else
      for (const key of ['x', 'y', 'width', 'height'] as const)
        expect(found?.[key]).toBeCloseTo(expected[key], 9)
  })
})

test('masks are kept as far as the bytes go', async () => {
  const folder = folderOf({
    ...Object.fromEntries(['a', 'b', 'c'].map(name => [`${name}.png`, png(8, 8)])),
    'labels.csv': lines('path,mask', 'a.png,a.png', 'b.png,b.png', 'c.png,c.png'),
  })
  const annotations = (await loadDataset(folder)).clips.flatMap(({ annotation }) => annotation ?? [])
  const truths = new Truths({ size: [4, 4], fit: 'stretch', frameRate: 1 }, 32)
  const masks = () => annotations.map(annotation => truths.of(annotation, [0])[0].mask)
  const [a, , c] = masks()
  expect(truths.of(annotations[2], [0])[0].mask).toBe(c)
  expect(truths.of(annotations[0], [0])[0].mask).not.toBe(a)
  expect(truths.of(annotations[0], [0])[0].mask).toEqual(a)
})

test('a changed box, mask, class or segment is another dataset', async () => {
  const print = async (box: string, mask: number, name: string, end: string) => {
    const folder = folderOf({
      'a.png': png(8, 8),
      'm.png': png(8, 8, [mask]),
      'labels.csv': lines('path,mask', 'a.png,m.png', 'v.mp4,'),
      'classes.csv': lines('name', name, 'other'),
      'boxes.csv': lines('path,label,x,y,w,h,frame', `a.png,cat,${box},2,2,`),
      'segments.csv': lines('path,start,end,label', `v.mp4,0,${end},run`),
    })
    await video(join(folder, 'v.mp4'), 4)
    return datasetFingerprint(await loadDataset(folder))
  }
  const first = await print('1,1', 0, 'road', '0.3')
  expect(await print('1,1', 0, 'road', '0.3')).toBe(first)
  const others = [
    print('1,2', 0, 'road', '0.3'),
    print('1,1', 1, 'road', '0.3'),
    print('1,1', 0, 'lane', '0.3'),
    print('1,1', 0, 'road', '0.2'),
  ]
  for (const other of await Promise.all(others)) expect(other).not.toBe(first)
})

test('a picture that EXIF turns has the size that the decoder gives it', async () => {
  const folder = temporaryFolder()
  const plain = join(folder, 'plain.jpg')
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc=size=64x48:duration=1:rate=1', '-frames:v', '1', plain)
  const bytes = readFileSync(plain)
  const entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]
  const exif = Buffer.from([...Buffer.from('Exif\0\0MM\0*'), 0, 0, 0, 8, 0, 1, ...entry, 0, 0, 0, 0])
  const length = Buffer.from([0xff, 0xe1, 0, exif.length + 2])
  const turned = join(folder, 'turned.jpg')
  writeFileSync(turned, Buffer.concat([bytes.subarray(0, 2), length, exif, bytes.subarray(2)]))
  for (const path of [plain, turned]) {
    const { shape } = await decodeVideo(path)
    expect((await mediaOf(path)).size).toEqual([shape[1], shape[2]])
  }
})

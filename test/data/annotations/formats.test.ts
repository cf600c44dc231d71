import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Dataset } from '../../../src/data/dataset.ts'
import { loadDataset } from '../../../src/data/load.ts'
import { decodeVideo } from '../../../src/data/video.ts'
import { coco, folderOf, lines, png, video, voc, vocObject } from './fixtures.ts'

const PICTURE = png(40, 30)

/** Boxes of each clip's frames: label, x, y, width, height, and whether it is a crowd. */
function boxesOf({ clips }: Dataset) {
  return Object.fromEntries(
    clips.map(({ id, annotation }) => [
      id,
      annotation?.boxes?.flatMap(({ boxes }) =>
        boxes.map(({ label, x, y, width, height, crowd }) => [
          label,
          x,
          y,
          width,
          height,
          ...(crowd ? ['crowd'] : []),
        ]),
      ),
    ]),
  )
}

const milliseconds = (seconds: number) => Math.round(seconds * 1000)
const splits = ({ clips }: Dataset) => Object.fromEntries(clips.map(({ id, split }) => [id, split]))

describe('boxes.csv', () => {
  test('beside labels.csv: labels are optional, a picture without boxes is a negative', async () => {
    const folder = folderOf({
      'a.png': PICTURE,
      'b.png': PICTURE,
      'labels.csv': lines('path,label,split', 'a.png,day,train', 'b.png,,test'),
      'boxes.csv': lines('path,label,x,y,w,h', 'a.png,cat,-0.5,1,10,20', 'a.png,dog,30,20,10.9,10'),
    })
    const data = await loadDataset(folder)
    expect(data.classes).toEqual(['day'])
    expect(data.clips.map(({ label }) => label)).toEqual(['day', ''])
    expect(data.boxClasses).toEqual(['cat', 'dog'])
    expect(data.clips[0].annotation?.size).toEqual([30, 40])
    expect(boxesOf(data)).toEqual({
      'a.png': [
        ['cat', 0, 1, 9.5, 20],
        ['dog', 30, 20, 10, 10],
      ],
      'b.png': [],
    })
  })

  test('alone: the pictures that it names, some of which hold nothing', async () => {
    const folder = folderOf({
      'x/a.png': PICTURE,
      'b.png': PICTURE,
      'boxes.csv': lines('path,label,x,y,w,h', 'x/a.png,cat,1,1,2,2', 'b.png,,,,,'),
    })
    const data = await loadDataset(folder)
    expect(boxesOf(data)).toEqual({ 'x/a.png': [['cat', 1, 1, 2, 2]], 'b.png': [] })
    expect(boxesOf(await loadDataset(join(folder, 'boxes.csv')))).toEqual(boxesOf(data))
  })

  test('another manifest beside it takes what concerns it', async () => {
    const folder = folderOf({
      'a.png': PICTURE,
      'b.png': PICTURE,
      'few.csv': lines('path', 'a.png'),
      'boxes.csv': lines('path,label,x,y,w,h', 'a.png,cat,1,1,2,2', 'b.png,dog,1,1,2,2'),
    })
    const data = await loadDataset(join(folder, 'few.csv'))
    expect(boxesOf(data)).toEqual({ 'a.png': [['cat', 1, 1, 2, 2]] })
    expect(data.boxClasses).toEqual(['cat'])
  })

  test('broken pictures are skipped and listed when asked', async () => {
    const folder = folderOf({
      'a.png': PICTURE,
      'b.png': 'no picture',
      'labels.csv': lines('path', 'a.png', 'b.png', 'c.png'),
      'boxes.csv': lines('path,label,x,y,w,h', 'a.png,cat,1,1,2,2', 'c.png,cat,1,1,2,2'),
    })
    const { clips, skipped } = await loadDataset(folder, { skipBroken: true })
    expect(clips.map(({ id }) => id)).toEqual(['a.png'])
    expect(skipped.map(({ path }) => path)).toEqual([join(folder, 'c.png'), join(folder, 'b.png')])
  })

  test.each([false, true])(
    "a video's frames have the times that they are shown at (uneven: %s)",
    async uneven => {
      const folder = folderOf({
        'labels.csv': lines('path,annotated', 'v.mp4,', 'w.mp4,listed'),
        'boxes.csv': lines(
          'path,frame,label,x,y,w,h',
          ...['v', 'w'].flatMap(name => [
            `${name}.mp4,3,cat,1,2,3,4`,
            `${name}.mp4,11,dog,1,2,3,4`,
            `${name}.mp4,7,,,,,`,
          ]),
        ),
      })
      const path = await video(join(folder, 'v.mp4'), 12, { uneven })
      await video(join(folder, 'w.mp4'), 12, { uneven })
      const times = Array.from((await decodeVideo(path)).times, milliseconds)
      const [all, listed] = (await loadDataset(folder)).clips.map(({ annotation }) => annotation)
      expect(all?.sparse).toBeUndefined()
      expect(all?.boxes?.map(({ time }) => milliseconds(time))).toEqual(times)
      expect(all?.boxes?.flatMap(({ boxes }, frame) => boxes.map(({ label }) => [frame, label]))).toEqual([
        [3, 'cat'],
        [11, 'dog'],
      ])
      expect(listed?.sparse).toBe(true)
      expect(listed?.boxes?.map(({ time, boxes }) => [milliseconds(time), boxes.length])).toEqual([
        [times[3], 1],
        [times[7], 0],
        [times[11], 1],
      ])
    },
  )

  test('a frame that a video does not have, or that is not said, is refused', async () => {
    const folder = folderOf({ 'boxes.csv': lines('path,frame,label,x,y,w,h', 'v.mp4,12,cat,1,2,3,4') })
    await video(join(folder, 'v.mp4'), 12)
    await expect(loadDataset(folder)).rejects.toThrow(
      /line 2: there is no frame 12: .*v\.mp4 has 12, counted from 0/,
    )
    const other = folderOf({ 'boxes.csv': lines('path,label,x,y,w,h', 'v.mp4,cat,1,2,3,4') })
    await video(join(other, 'v.mp4'), 2)
    await expect(loadDataset(other)).rejects.toThrow(/line 2: .*v\.mp4 is a video: name the frame/)
  })
})

describe('segments.csv', () => {
  test('alone, by time, cut off at the end', async () => {
    const folder = folderOf({
      'segments.csv': lines('path,start,end,label', 'v.mp4,1,2.3,walk', 'v.mp4,0,0.5,run'),
    })
    await video(join(folder, 'v.mp4'), 20)
    const data = await loadDataset(folder)
    expect(data.segmentClasses).toEqual(['run', 'walk'])
    expect(data.clips[0].annotation).toMatchObject({
      size: [48, 64],
      segments: [
        { label: 'run', start: 0, end: 0.5 },
        { label: 'walk', start: 1, end: 2 },
      ],
    })
  })

  test('past the end of the video is refused', async () => {
    const folder = folderOf({ 'segments.csv': lines('path,start,end,label', 'v.mp4,1,9,walk') })
    await video(join(folder, 'v.mp4'), 20)
    await expect(loadDataset(folder)).rejects.toThrow(/segments\.csv line 2: .*1 to 9 s.*which lasts 2\.00 s/)
  })
})

describe('COCO', () => {
  const pictures = { 'images/a.png': PICTURE, 'images/val2017/b.png': PICTURE }

  test('a folder: boxes, crowds, negatives, splits by file name', async () => {
    const val = coco([], { images: [{ id: 'b', file_name: 'b.png' }] })
    const folder = folderOf({
      ...pictures,
      'annotations/instances_train2017.json': coco([
        { bbox: [1, 2, 3.5, 4], segmentation: [[1, 2, 3, 4, 5, 6]] },
        { bbox: [0, 0, 40, 30], iscrowd: 1 },
      ]),
      'annotations/instances_val2017.json': val,
      'annotations/captions_train2017.json': 'never read',
    })
    const data = await loadDataset(folder)
    expect(data.boxClasses).toEqual(['cat'])
    expect(boxesOf(data)).toEqual({
      'images/a.png': [
        ['cat', 1, 2, 3.5, 4],
        ['cat', 0, 0, 40, 30, 'crowd'],
      ],
      'images/val2017/b.png': [],
    })
    expect(splits(data)).toEqual({ 'images/a.png': 'train', 'images/val2017/b.png': 'reward' })
  })

  test('a file beside its pictures; one split alone divides nothing', async () => {
    const folder = folderOf({
      'a.png': PICTURE,
      'test.coco.json': `\ufeff ${coco([{ bbox: [1, 2, 3, 4] }])}\n`,
    })
    const data = await loadDataset(join(folder, 'test.coco.json'))
    expect(boxesOf(data)).toEqual({ 'a.png': [['cat', 1, 2, 3, 4]] })
    expect(splits(data)).toEqual({ 'a.png': undefined })
  })

  test('an ill-formed file of 100 MB is refused and takes no memory beyond its bytes', async () => {
    const folder = folderOf({ 'a.json': Buffer.alloc(100 * 2 ** 20, '{"images":[') })
    const before = process.memoryUsage().heapUsed
    await expect(loadDataset(join(folder, 'a.json'))).rejects.toMatchObject({ code: 'data.json' })
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 2 ** 20)
  })
})

describe('YOLO', () => {
  test('names, splits, middles and sides, polygons, negatives', async () => {
    const folder = folderOf({
      'images/train/a.png': PICTURE,
      'images/train/b.png': PICTURE,
      'images/val/c.png': PICTURE,
      'images/val/note.md': 'no picture',
      'labels/train/a.txt': '1 0.5 0.5 0.5 0.2\r\n0 0.1 0.1 0.3 0.1 0.3 0.5\n\n',
      'labels/train/b.txt': '',
      'data.yaml':
        'path: ../elsewhere\ntrain: images/train\nval: ../images/val\nnc: 2\nnames:\n  0: cat\n  1: dog\n',
    })
    const data = await loadDataset(folder)
    expect(data.boxClasses).toEqual(['cat', 'dog'])
    const found = boxesOf(data)
    expect(Object.keys(found)).toEqual(['images/train/a.png', 'images/train/b.png', 'images/val/c.png'])
    expect(found['images/train/b.png']).toEqual([])
    const [dog, cat] = found['images/train/a.png'] ?? []
    expect(dog).toEqual(['dog', 10, 12, 20, 6])
    expect(cat[0]).toBe('cat')
    for (const [i, value] of [4, 3, 8, 12].entries()) expect(cat[i + 1]).toBeCloseTo(value, 9)
    expect(splits(data)).toEqual({
      'images/train/a.png': 'train',
      'images/train/b.png': 'train',
      'images/val/c.png': 'reward',
    })
  })

  test('a list of pictures in a file; the settings named', async () => {
    const folder = folderOf({
      'images/a.png': PICTURE,
      'labels/a.txt': '0 0.5 0.5 1 1\n',
      'mine.yaml': 'names: [cat]\ntrain: list.txt\n',
      'list.txt': './images/a.png\n',
    })
    expect(boxesOf(await loadDataset(join(folder, 'mine.yaml')))).toEqual({
      'images/a.png': [['cat', 0, 0, 40, 30]],
    })
  })
})

describe('Pascal VOC', () => {
  test('pixels from 1 with the last one in, difficult objects, sets, pictures without XML', async () => {
    const folder = folderOf({
      'JPEGImages/a.png': PICTURE,
      'JPEGImages/b.png': PICTURE,
      'JPEGImages/c.png': PICTURE,
      'Annotations/a.xml': voc(vocObject('cat', [1, 1, 40, 30]) + vocObject('dog', [11, 6, 20, 15], 1)),
      'Annotations/b.xml': voc(vocObject('dog', [2, 3, 4, 6]), { filename: 'b.png' }),
      'ImageSets/Main/train.txt': 'a\n',
      'ImageSets/Main/trainval.txt': 'a\nb\n',
      'ImageSets/Main/test.txt': 'c\n',
    })
    const data = await loadDataset(folder)
    expect(data.boxClasses).toEqual(['cat', 'dog'])
    expect(boxesOf(data)).toEqual({
      'JPEGImages/a.png': [
        ['cat', 0, 0, 40, 30],
        ['dog', 10, 5, 10, 10, 'crowd'],
      ],
      'JPEGImages/b.png': [['dog', 1, 2, 3, 4]],
      'JPEGImages/c.png': [],
    })
    expect(splits(data)).toEqual({
      'JPEGImages/a.png': 'train',
      'JPEGImages/b.png': 'train',
      'JPEGImages/c.png': 'test',
    })
  })
})

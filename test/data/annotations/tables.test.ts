import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkedBox, numberIn } from '../../../src/data/annotations/boxes.ts'
import { boxesOf, isBoxTable, readBoxes } from '../../../src/data/annotations/boxes-csv.ts'
import { readSegments, segmentsOf } from '../../../src/data/annotations/segments-csv.ts'
import { shippedClips } from '../fixtures.ts'
import { folderOf, lines } from './fixtures.ts'

const table = (...rows: readonly string[]) => join(folderOf({ 't.csv': lines(...rows) }), 't.csv')

describe('a box', () => {
  const box = (x: number, y: number, width: number, height: number) => ({ label: 'cat', x, y, width, height })
  const checked = (...of: Parameters<typeof box>) => {
    const { x, y, width, height } = checkedBox(box(...of), [30, 40], 'here')
    return [x, y, width, height]
  }

  test('within its frame is as it is; what reaches out by a pixel is cut off', () => {
    expect(checked(0, 0, 40, 30)).toEqual([0, 0, 40, 30])
    expect(checked(-1, -0.5, 10, 10)).toEqual([0, 0, 9, 9.5])
    expect(checked(31, 21, 10, 10)).toEqual([31, 21, 9, 9])
  })

  test.each<[Parameters<typeof box>, string]>([
    [[-1.01, 0, 10, 10], 'reaches 1.01 px out of its frame, which is 40 wide and 30 high'],
    [[0, -2, 10, 10], 'reaches 2 px out'],
    [[32, 0, 10, 10], 'reaches 2 px out'],
    [[0, 22.25, 10, 10], '(x 0, y 22.25, w 10, h 10) reaches 2.25 px out'],
    [[40, 0, 1, 1], 'out of its frame'],
    [[0, 0, 0, 1], 'has no area: it is 0 wide and 1 high'],
    [[0, 0, 1, -1], 'has no area'],
    [[0, Number.NaN, 1, 1], 'x, y, w and h are 0, NaN, 1, 1, and must be numbers'],
  ])('%j is refused', (of, words) => {
    expect(() => checked(...of)).toThrow(`here: `)
    expect(() => checked(...of)).toThrow(words)
  })

  test('numbers in texts', () => {
    expect(['1', ' 2.5 ', '-0', '1e3', '', ' ', 'x', '1,5', 'Infinity', undefined].map(numberIn)).toEqual([
      ...[1, 2.5, -0, 1000, undefined, undefined, undefined, undefined, undefined, undefined],
    ])
  })
})

describe('a table of boxes', () => {
  const HEAD = 'path,frame,label,x,y,w,h'

  test('is one by its columns', () => {
    expect(isBoxTable(['h', 'w', 'y', 'x', 'more'])).toBe(true)
    for (const missing of ['x', 'y', 'w', 'h'])
      expect(isBoxTable(['x', 'y', 'w', 'h'].filter(column => column !== missing))).toBe(false)
  })

  test('gives rows clip by clip, in order; empty ones say that a frame holds nothing', async () => {
    const file = table(HEAD, 'a.mp4,0,cat,1,2,3,4', 'b.mp4,,,,,,', './a.mp4,7,,,,,')
    const rows = await readBoxes(file)
    const [a, b] = ['a.mp4', 'b.mp4'].map(name => rows.get(join(file, '..', name)))
    expect([...rows.keys()]).toHaveLength(2)
    expect(a?.map(({ frame, line, box }) => [frame, line, box])).toEqual([
      [0, 2, { label: 'cat', x: 1, y: 2, width: 3, height: 4 }],
      [7, 4, undefined],
    ])
    expect(b).toEqual([{ where: `${file} line 3`, line: 3, path: join(file, '..', 'b.mp4') }])
  })

  test.each([
    [['a.mp4,0,,1,,,'], "y is '', and must be a number of pixels (or leave label"],
    [['a.mp4,0,cat,,,,'], "x is ''"],
    [['a.mp4,0,,,,,1'], "x is ''"],
    [['a.mp4,1.5,cat,1,1,1,1'], "frame is '1.5'"],
    [['a.mp4,x,cat,1,1,1,1'], "frame is 'x'"],
    [['a.mp4,,,,,,', 'a.mp4,,,,,,'], 'the same is said already, in line 2'],
    [['a.mp4,1,cat,1,1,1,1', 'a.mp4,1,cat,1,1,1,1.0'], 'the same is said already, in line 2'],
    [[',1,cat,1,1,1,1'], 'the path is empty'],
  ])('%j is refused', async (rows, words) => {
    await expect(readBoxes(table(HEAD, ...rows))).rejects.toThrow(words)
  })

  test('what differs in one thing is not the same', async () => {
    const rows = [
      '0,cat,1,1,2,2',
      '1,cat,1,1,2,2',
      '0,dog,1,1,2,2',
      '0,cat,0,1,2,2',
      '0,cat,1,0,2,2',
      '0,cat,1,1,3,2',
      '0,cat,1,1,2,3',
    ]
    const [own] = [...(await readBoxes(table(HEAD, ...rows.map(row => `a.mp4,${row}`)))).values()]
    expect(own).toHaveLength(7)
  })

  test('lists every frame of a video, or those that were looked at', async () => {
    const [clip] = shippedClips(1)
    const media = { size: [128, 128] as const, video: { duration: 1.28, frameRate: 25 } }
    const box = { label: 'cat', x: 1, y: 2, width: 3, height: 4 }
    const row = (frame: number | undefined, more: object = {}) => ({
      where: 'w',
      line: 1,
      path: clip,
      frame,
      ...more,
    })
    const rows = [row(31, { box }), row(2, { box }), row(2, { box: { ...box, x: 9 } }), row(5)]
    const { boxes = [], sparse } = await boxesOf(clip, rows, media, { sparse: false })
    expect([boxes.length, sparse]).toEqual([32, undefined])
    expect(boxes.flatMap(({ boxes: own }, frame) => own.map(({ x }) => [frame, x]))).toEqual([
      [2, 1],
      [2, 9],
      [31, 1],
    ])
    const looked = await boxesOf(clip, rows, media, { sparse: true })
    expect(looked.sparse).toBe(true)
    expect(looked.boxes?.map(({ time, boxes: own }) => [Math.round(time * 25), own.length])).toEqual([
      [2, 2],
      [5, 0],
      [31, 1],
    ])
    expect(await boxesOf('/none', [], media, { sparse: true })).toEqual({ boxes: [], sparse: true })
    for (const [frame, words] of [
      [32, 'w: there is no frame 32: '],
      [undefined, 'is a video: name the frame'],
    ] as const)
      await expect(boxesOf(clip, [row(frame)], media, { sparse: false })).rejects.toThrow(words)
  })

  test('of a picture has no frame but the first', async () => {
    const row = (frame?: number) => ({
      where: 'w',
      line: 1,
      path: '/a.png',
      frame,
      box: { label: 'c', x: 0, y: 0, width: 1, height: 1 },
    })
    const of = (...rows: readonly ReturnType<typeof row>[]) =>
      boxesOf(
        '/a.png',
        [...rows, { where: 'w', line: 2, path: '/a.png' }],
        { size: [9, 9] },
        { sparse: true },
      )
    expect((await of(row(), row(0))).boxes?.[0].boxes).toHaveLength(2)
    await expect(of(row(1))).rejects.toThrow('w: there is no frame 1 in a picture')
  })
})

describe('a table of segments', () => {
  const HEAD = 'path,start,end,label'
  const read = async (...rows: readonly string[]) =>
    [...(await readSegments(table(HEAD, ...rows))).values()].map(own =>
      own.map(({ segment: { label, start, end } }) => [label, start, end]),
    )

  test('gives them clip by clip, in time', async () => {
    expect(await read('a,2,3,run', 'b,0,9,idle', 'a,0,2,walk')).toEqual([
      [
        ['walk', 0, 2],
        ['run', 2, 3],
      ],
      [['idle', 0, 9]],
    ])
  })

  test.each([
    [['a,0,2,run', 'a,1.9,3,walk'], /line 3: 'walk' \(1.9 to 3 s\) overlaps 'run' \(0 to 2 s\) of line 2/],
    [['a,1,3,walk', 'a,0,2,run'], /line 2: 'walk' \(1 to 3 s\) overlaps 'run' \(0 to 2 s\) of line 3/],
    [['a,1,3,walk', 'a,1,2,run'], /line 3: 'run' \(1 to 2 s\) overlaps 'walk'/],
    [['a,1,1,run'], /end \(1\) must be after start \(1\)/],
    [['a,,1,run'], /start is '', and must be a number of seconds/],
    [['a,0,-1,run'], /end is '-1'/],
    [[',0,1,run'], /the path is empty/],
    [['a,0,1,'], /the segment has no label/],
  ])('%j is refused', async (rows, words) => {
    await expect(read(...rows)).rejects.toThrow(words)
  })

  test.each(['start', 'end', 'label'])('needs a column %s', async column => {
    const columns = HEAD.split(',').filter(name => name !== column)
    await expect(readSegments(table(columns.join()))).rejects.toThrow(`no column '${column}'`)
  })

  test('may end half a second after their video, and are cut off', () => {
    const row = (start: number, end: number) => ({
      where: 'w',
      line: 1,
      path: '/a',
      segment: { label: 'run', start, end },
    })
    const media = { size: [9, 9] as const, video: { duration: 10, frameRate: 5 } }
    const of = (start: number, end: number) =>
      segmentsOf([row(start, end)], media).map(segment => segment.end)
    expect([of(0, 9), of(0, 10.5), of(9.9, 10.2)]).toEqual([[9], [10], [10]])
    for (const [start, end] of [
      [0, 10.6],
      [10, 10.3],
    ])
      expect(() => of(start, end)).toThrow(
        `from ${start} to ${end} s reaches past the end of /a, which lasts 10.00 s`,
      )
    expect(() => segmentsOf([row(0, 1)], { size: [9, 9] })).toThrow('/a is a picture, which has no segments')
  })
})

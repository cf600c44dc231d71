import { describe, expect, test } from 'vitest'
import type { Clip, Dataset } from '../../../src/data/dataset.ts'
import { contentsOf, summarise } from '../../../src/data/summary/summary.ts'
import { describeDataset, number, some, summaryLines } from '../../../src/data/summary/words.ts'

function dataset(clips: readonly Partial<Clip>[], more: Partial<Dataset> = {}): Dataset {
  const whole = clips.map((clip, i) => ({ id: `${i}`, path: `/d/${i}.mp4`, label: '', ...clip }))
  return { path: '/d', classes: [], clips: whole, hasGroups: false, skipped: [], ...more }
}
const square = (label: string, side: number, more: object = {}) => ({
  label,
  x: 0,
  y: 0,
  width: side,
  height: side,
  ...more,
})
const boxes = (...frames: readonly (readonly ReturnType<typeof square>[])[]) => ({
  size: [200, 200] as const,
  boxes: frames.map((of, time) => ({ time, boxes: of })),
})

describe('what a dataset holds', () => {
  test('items of each kind, recordings, files left out', () => {
    const clips = [{ path: '/d/a.png' }, { path: '/d/b.mp4' }, { path: '/d/c.csv' }, { path: '/d/b.mp4' }]
    const [line] = describeDataset(dataset(clips))
    expect(line).toBe('items: 1 pictures and 2 clips and 1 sequences')
    const skipped = [{ path: '/d/x', reason: 'gone' }]
    const grouped = clips.map((clip, i) => ({ ...clip, group: i === 0 ? 'one' : undefined }))
    expect(describeDataset(dataset(grouped, { hasGroups: true, skipped }))[0]).toBe(
      'items: 1 pictures and 2 clips and 1 sequences of 3 recordings; 1 left out',
    )
  })

  test('labels, the most frequent first, then by name; eight of them', () => {
    const labels = ['b', 'a', 'c', 'c', ''].map(label => ({ label }))
    expect(describeDataset(dataset(labels))[1]).toBe('labels: 3 (c 2; a 1; b 1)')
    const many = Array.from({ length: 10 }, (_, i) => ({ label: `l${i}` }))
    expect(describeDataset(dataset(many))[1]).toMatch(/^labels: 10 \(l0 1; .*; l7 1; and 2 more\)$/)
    expect(describeDataset(dataset(many.slice(0, 8)))[1]).toMatch(/; l7 1\)$/)
    expect(describeDataset(dataset([{}]))).toHaveLength(2)
  })

  test('splits: those that the files say', () => {
    const of = (...splits: readonly Clip['split'][]) =>
      describeDataset(dataset(splits.map(split => ({ split })))).at(-1)
    expect(of(undefined, undefined)).toBe('splits: the files name none; a run divides the items')
    expect(of('train', undefined, 'test', 'train')).toBe(
      'splits: 2 train, 1 test, 1 unsaid; a run divides train further',
    )
    expect(of('probe', 'reward')).toBe('splits: 1 probe, 1 reward; a run divides train further')
  })

  test('boxes: classes, frames, sizes by area as COCO has them', () => {
    const clips = [
      {
        annotation: boxes([square('cat', 31), square('cat', 32), square('dog', 96)], [], [square('cat', 95)]),
      },
      { annotation: boxes([square('cat', 150, { crowd: true })]) },
      { annotation: undefined },
    ]
    const summary = summarise(dataset(clips, { boxClasses: ['cat', 'dog'] }))
    expect(summary.boxes).toEqual({
      classes: [
        { name: 'cat', count: 4, clips: 2 },
        { name: 'dog', count: 1, clips: 1 },
      ],
      total: 5,
      crowds: 1,
      frames: 4,
      emptyFrames: 1,
      emptyClips: 1,
      perFrame: { median: 1, most: 3 },
      sizes: { small: 1, medium: 2, large: 1 },
      medianSide: Math.sqrt((32 ** 2 + 95 ** 2) / 2),
    })
    expect(summaryLines(summary).slice(1, -1)).toEqual([
      "boxes: 5 of 2 classes (cat 4 in 2 items; dog 1 in 1 items); 1 are crowds, which don't count",
      '  4 frames hold 1 each in the median, 3 at most; 1 hold none',
      '  by area 25 % are small (under 32 x 32 px of the source), 50 % medium, 25 % large (from 96 x 96); median side 71 px',
    ])
    const none = summarise(dataset([{}], { boxClasses: [] })).boxes
    expect(none).toMatchObject({ total: 0, perFrame: { median: 0, most: 0 }, medianSide: 0 })
  })

  test('masks: shares of pixels that say something, named or by their values', () => {
    const mask = (counts: readonly number[]) => ({
      annotation: { size: [2, 2] as const, mask: { path: '/m', legend: {}, counts } },
    })
    const lines = (maskClasses: readonly string[], ...counts: readonly (readonly number[])[]) =>
      describeDataset(dataset([...counts.map(mask), {}], { maskClasses })).slice(1, -1)
    expect(lines(['road', 'sky'], [1, 199], [0, 0])).toEqual([
      'masks: 2, 2 classes by pixels (sky 100 %; road 0.5 %)',
    ])
    expect(lines(['0', '7'], [1, 3])[0]).toBe('masks: 1, 2 classes by pixels (7 75 %; 0 25 %)')
    expect(lines(['0', '7'], [1, 3])[1]).toContain('they are called by their values')
    for (const name of ['7up', 'x7']) expect(lines(['0', name], [1, 3])).toHaveLength(1)
    expect(lines(['0', 'sky'], [0, 0])).toEqual(['masks: 1, 2 classes by pixels (0 0 %; sky 0 %)'])
  })

  test('segments: clips, how many, and how long they last', () => {
    const segments = (...of: readonly (readonly [string, number, number])[]) => ({
      annotation: {
        size: [2, 2] as const,
        segments: of.map(([label, start, end]) => ({ label, start, end })),
      },
    })
    const clips = [segments(['run', 0, 1.2], ['walk', 2, 2000], ['run', 3, 4]), segments(), {}]
    expect(describeDataset(dataset(clips, { segmentClasses: ['run', 'walk'] }))[1]).toBe(
      'segments: in 1 clips, 2 classes (run 2, 2 s; walk 1, 1,998 s)',
    )
  })

  test('names of all that a clip holds', () => {
    const annotation = {
      ...boxes([square('cat', 9), square('cat', 8)], [square('dog', 7)]),
      mask: { path: '/m', legend: {}, counts: [0, 4] },
      segments: [{ label: 'run', start: 0, end: 1 }],
    }
    const data = dataset([{ label: 'day', annotation }, {}, { label: 'night' }], {
      maskClasses: ['road', 'sky'],
    })
    expect(data.clips.map(clip => contentsOf(clip, data))).toEqual([
      ['label day', 'box cat', 'box dog', 'mask sky', 'segment run'],
      [],
      ['label night'],
    ])
  })
})

test('numbers and lists for people', () => {
  expect([number(999), number(12345)]).toEqual(['999', '12,345'])
  expect([some([]), some(['a', 'b', 'c']), some(['a', 'b', 'c', 'd'])]).toEqual([
    '',
    'a, b, c',
    'a, b, c and 1 more',
  ])
})

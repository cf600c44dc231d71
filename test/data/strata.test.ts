import { describe, expect, test } from 'vitest'
import type { Annotation } from '../../src/data/annotation.ts'
import type { Clip, Dataset } from '../../src/data/dataset.ts'
import { splitDataset } from '../../src/data/split.ts'
import { annotatedStratum } from '../../src/data/strata.ts'

const NAMES = ['train', 'probe', 'reward', 'test'] as const

function dataset(clips: readonly Partial<Clip>[], more: Partial<Dataset> = {}): Dataset {
  const whole = clips.map((clip, i) => ({ id: `${i}`, path: `/clips/${i}`, label: '', ...clip }))
  return { path: '/clips', classes: [], clips: whole, hasGroups: false, skipped: [], ...more }
}

const boxes = (...labels: readonly string[]): Annotation => ({
  size: [30, 40],
  boxes: [{ time: 0, boxes: labels.map(label => ({ label, x: 0, y: 0, width: 4, height: 4 })) }],
})

function repeated(count: number, annotation: Annotation): Partial<Clip>[] {
  return Array.from({ length: count }, () => ({ annotation }))
}

describe('what is spread over splits of annotated clips', () => {
  const data = dataset([
    ...repeated(30, boxes('car', 'car')),
    ...repeated(8, boxes('car', 'bus')),
    ...repeated(8, boxes()),
    ...repeated(2, boxes('car', 'bicycle')),
  ])

  test('the rarest class of a clip, nothing, and with too few the most common', () => {
    const stratum = annotatedStratum(data)
    const strata = [0, 30, 38, 46].map(i => stratum(data.clips[i]))
    expect(strata).toEqual(['car', 'bus', 'nothing', 'car'])
  })

  test('splits follow it without being told, since there are no labels', () => {
    const { splits } = splitDataset(data, { seed: 4 })
    for (const name of ['train', 'reward', 'test'] as const) {
      const held = new Set(splits[name].map(annotatedStratum(data)))
      expect([...held].sort(), name).toEqual(['bus', 'car', 'nothing'])
    }
    expect(NAMES.flatMap(name => splits[name])).toHaveLength(48)
    expect(
      NAMES.flatMap(name => splits[name]).every(clip => clip.annotation !== undefined && clip.label === ''),
    ).toBe(true)
  })

  test('groups stay whole', () => {
    const clips = data.clips.map((clip, i) => ({ ...clip, group: `g${i >> 1}` }))
    const { splits } = splitDataset({ ...data, clips, hasGroups: true }, { seed: 1 })
    const homes = new Map<string, Set<string>>()
    for (const name of NAMES)
      for (const { group = '' } of splits[name]) homes.set(group, (homes.get(group) ?? new Set()).add(name))
    expect([...homes.values()].every(({ size }) => size === 1)).toBe(true)
  })

  test('only recordings that are yet to be divided count, a group as one', () => {
    const strata = (of: Partial<Clip>, ...others: readonly Partial<Clip>[]) => {
      const rare = Array.from({ length: 4 }, () => ({ annotation: boxes('bus'), ...of }))
      const clips = dataset([...repeated(9, boxes('car')), ...rare, ...others]).clips
      return annotatedStratum(dataset(clips))(clips[9])
    }
    expect(strata({})).toBe('bus')
    expect(strata({ split: 'train' })).toBe('bus')
    expect(strata({ split: 'test' })).toBe('car')
    expect(strata({ group: 'one' })).toBe('car')
    expect(strata({ path: '/one.mp4' })).toBe('car')
  })

  test('those of too few join the most common, wherever it stands', () => {
    const { clips } = dataset([
      ...repeated(4, boxes('bus')),
      ...repeated(2, boxes('bike')),
      ...repeated(9, boxes('car')),
    ])
    const stratum = annotatedStratum(dataset(clips))
    expect([0, 4, 6].map(i => stratum(clips[i]))).toEqual(['bus', 'car', 'car'])
  })

  test('where every one has too few, all are called nothing; so is a clip that is none of them', () => {
    const { clips } = dataset([{ annotation: boxes('car') }, { annotation: boxes('bus') }])
    const stratum = annotatedStratum(dataset(clips))
    expect(clips.map(stratum)).toEqual(['nothing', 'nothing'])
    const many = annotatedStratum(dataset(repeated(5, boxes('car'))))
    expect(many({ ...clips[0], id: 'other' })).toBe('nothing')
  })

  test('of classes that are as rare the first by name', () => {
    const { clips } = dataset([...repeated(4, boxes('b', 'a', 'c')), ...repeated(4, boxes('c'))])
    expect(annotatedStratum(dataset(clips))(clips[0])).toBe('a')
  })

  test('of masks the class of most pixels, of segments the longest', () => {
    const mask = (counts: readonly number[]): Annotation => ({
      size: [2, 2],
      mask: { path: '/m.png', legend: {}, counts },
    })
    const masks = dataset([...repeated(4, mask([1, 3])), ...repeated(4, mask([3, 1]))], {
      maskClasses: ['road', 'sky'],
    })
    expect([0, 4].map(i => annotatedStratum(masks)(masks.clips[i]))).toEqual(['sky', 'road'])
    const segments = (label: string): Annotation => ({
      size: [2, 2],
      segments: [
        { label: 'idle', start: 0, end: 2 },
        { label, start: 2, end: 9 },
      ],
    })
    const long = dataset([...repeated(4, segments('run')), ...repeated(4, segments('walk'))])
    expect([0, 4].map(i => annotatedStratum(long)(long.clips[i]))).toEqual(['run', 'walk'])
  })
})

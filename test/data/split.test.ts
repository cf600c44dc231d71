import { describe, expect, test } from 'vitest'
import type { Clip, Dataset, Splits } from '../../src/data/dataset.ts'
import { splitDataset } from '../../src/data/split.ts'
import { fc, property } from '../support/property.ts'

const NAMES = ['train', 'probe', 'reward', 'test'] as const

function dataset(clips: readonly Partial<Clip>[]): Dataset {
  const whole = clips.map((clip, i) => ({ id: `${i}`, path: `/clips/${i}`, label: 'a', ...clip }))
  return {
    path: '/clips',
    classes: [...new Set(whole.map(clip => clip.label))].sort(),
    clips: whole,
    hasGroups: whole.some(clip => clip.group !== undefined),
    skipped: [],
  }
}

/** `each` clips for each of `classes` classes, in groups of up to `size` that may hold several classes. */
const grouped = fc
  .record({
    classes: fc.integer({ min: 2, max: 6 }),
    each: fc.integer({ min: 20, max: 60 }),
    size: fc.integer({ min: 1, max: 5 }),
    mixed: fc.boolean(),
  })
  .map(({ classes, each, size, mixed }) =>
    dataset(
      Array.from({ length: classes * each }, (_, i) => {
        const label = `class${i % classes}`
        const number = Math.floor(i / (mixed ? size : size * classes))
        return { label, group: mixed ? `g${number}` : `${label}g${number}` }
      }),
    ),
  )

describe('splitDataset', () => {
  property([grouped, fc.integer()])(
    'every clip is in exactly one split; groups never straddle',
    (data, seed) => {
      const { splits } = splitDataset(data, { seed })
      const ids = NAMES.flatMap(name => splits[name].map(clip => clip.id))
      expect(ids.length).toBe(data.clips.length)
      expect(new Set(ids).size).toBe(data.clips.length)
      const homes = new Map<string, string>()
      for (const name of NAMES)
        for (const { group = '' } of splits[name]) {
          expect(homes.get(group) ?? name).toBe(name)
          homes.set(group, name)
        }
    },
  )

  property([fc.integer({ min: 2, max: 12 }), fc.integer({ min: 4, max: 60 }), fc.integer()])(
    'without groups every class is in train, reward and test, in its share',
    (classes, each, seed) => {
      const clips = Array.from({ length: classes * each }, (_, i) => ({ label: `class${i % classes}` }))
      const data = dataset(clips)
      const { splits } = splitDataset(data, { seed })
      for (const label of data.classes) {
        const of = (name: keyof Splits) => splits[name].filter(clip => clip.label === label).length
        expect(of('train')).toBeGreaterThan(0)
        expect(of('reward')).toBeGreaterThan(0)
        expect(of('test')).toBeGreaterThan(0)
        expect(Math.abs(of('test') - each * 0.22)).toBeLessThanOrEqual(1)
        expect(Math.abs(of('reward') - (each - of('test')) * 0.22)).toBeLessThanOrEqual(1)
      }
      expect(splits.probe.length).toBeGreaterThan(0)
      expect(splits.probe.length).toBeLessThanOrEqual(32 + classes)
      if (classes * each >= 60) expect(splits.probe.length).toBeGreaterThanOrEqual(6)
    },
  )

  property([grouped, fc.integer(), fc.integer()])('a seed means one split', (data, seed, other) => {
    expect(splitDataset(data, { seed })).toEqual(splitDataset(data, { seed }))
    fc.pre(seed !== other && data.clips.length > 60)
    expect(splitDataset(data, { seed }).splits).not.toEqual(splitDataset(data, { seed: other }).splits)
  })

  test('what the manifest says stands', () => {
    const data = dataset(
      Array.from({ length: 80 }, (_, i) => ({
        label: i % 2 === 0 ? 'a' : 'b',
        split: i < 20 ? ('test' as const) : i < 30 ? ('reward' as const) : ('train' as const),
      })),
    )
    const { splits } = splitDataset(data, { seed: 1 })
    expect(splits.test).toEqual(data.clips.slice(0, 20))
    expect(splits.reward).toEqual(data.clips.slice(20, 30))
    expect(splits.probe.length).toBeGreaterThanOrEqual(6)
    expect(splits.train.length + splits.probe.length).toBe(50)
  })

  test('pieces of one file stay together though nothing groups them', () => {
    const pieces = Array.from({ length: 60 }, (_, i) => ({
      path: `/clips/${Math.floor(i / 3)}`,
      label: `${i % 3}`,
      start: i % 3,
    }))
    const { splits } = splitDataset(dataset(pieces), { seed: 5 })
    for (const name of NAMES) expect(splits[name].length % 3).toBe(0)
  })

  test('a warning where nothing says which clips are of one recording', () => {
    const clips = Array.from({ length: 40 }, (_, i) => ({ label: `${i % 2}` }))
    expect(splitDataset(dataset(clips), { seed: 1 }).warnings.join()).toContain('--group-column')
    const groups = clips.map((clip, i) => ({ ...clip, group: `${i}` }))
    expect(splitDataset(dataset(groups), { seed: 1 }).warnings).toEqual([])
  })

  test('a group that the manifest puts on two sides is refused', () => {
    const clips = Array.from({ length: 20 }, (_, i) => ({
      label: `${i % 2}`,
      group: `g${i % 10}`,
      split: i < 10 ? ('train' as const) : ('test' as const),
    }))
    const attempt = () => splitDataset(dataset(clips), { seed: 1 })
    expect(attempt).toThrow(/group 'g0' into train and test/)
    expect(attempt).toThrow(expect.objectContaining({ code: 'split.group-straddles', exitCode: 2 }))
  })

  test('too few clips of a class are refused, by name', () => {
    const clips = [
      ...Array.from({ length: 10 }, () => ({ label: 'many' })),
      { label: 'few' },
      { label: 'few' },
    ]
    const attempt = () => splitDataset(dataset(clips), { seed: 1 })
    expect(attempt).toThrow(/'few' has 2/)
    expect(attempt).toThrow(expect.objectContaining({ code: 'split.too-few', exitCode: 2 }))
  })

  test('where the files name the test, the others need as many recordings as they are; the message says what can be done', () => {
    const clips = Array.from({ length: 30 }, (_, i) => ({
      ...{ label: `${i % 2}`, group: `drive ${i % 3}` },
      split: i % 3 === 2 ? ('test' as const) : ('train' as const),
    }))
    expect(() => splitDataset(dataset(clips), { seed: 1 })).toThrow(
      /left for probe: train, reward, probe need at least 3 .*has 2 \(drive 0, drive 1\).*stretches of a recording \(--group-column\)/,
    )
  })

  test('too few groups to fill four splits are refused', () => {
    const clips = Array.from({ length: 30 }, (_, i) => ({ label: `${i % 2}`, group: `g${i % 3}` }))
    expect(() => splitDataset(dataset(clips), { seed: 1 })).toThrow(
      /nothing is left for probe: train, reward, probe, test need at least 4 recordings.*'0' has 3 \(g0, g1, g2\)/,
    )
  })
})

test('a class whose recordings are all too large for the share is in the reward split all the same', () => {
  // Each of four recordings has one clip of the rare class and 40 of the other; 5 % of the rest are 13.
  const mixed = Array.from({ length: 4 * 41 }, (_, i) => ({
    label: i % 41 === 0 ? 'rare' : 'usual',
    group: `recording ${Math.floor(i / 41)}`,
  }))
  const single = Array.from({ length: 100 }, (_, i) => ({ label: 'usual', group: `single ${i}` }))
  const { splits } = splitDataset(dataset([...mixed, ...single]), { seed: 1, fractions: { reward: 0.05 } })
  for (const name of ['reward', 'test', 'train'] as const)
    expect(splits[name].map(clip => clip.label)).toContain('rare')
})

test('a class that is in one recording alone is in train, and the others lack it', () => {
  const rare = Array.from({ length: 4 }, () => ({ label: 'rare', group: 'one' }))
  const usual = Array.from({ length: 60 }, (_, i) => ({ label: 'usual', group: `single ${i}` }))
  const { splits, warnings } = splitDataset(dataset([...rare, ...usual]), { seed: 1 })
  expect(splits.train.filter(({ label }) => label === 'rare')).toHaveLength(4)
  expect(warnings).toEqual([
    'No clip of rare is in the reward split.',
    'No clip of rare is in the test split.',
  ])
})

test('what is said of too few: clips or recordings, of each class or of the one', () => {
  const made = (classes: number, recordings: number, more: Partial<Clip> = {}) =>
    dataset(
      Array.from({ length: classes * recordings * 5 }, (_, i) => ({
        label: `${i % classes}`,
        group: `g${Math.floor(i / classes / 5)}`,
        ...more,
      })),
    )
  const split = (data: Dataset) => () => splitDataset(data, { seed: 1 })
  expect(split(made(1, 3))).toThrow(
    /train, reward, probe, test need at least 4 recordings \(groups\), and there are 3 \(g0, g1, g2\) to divide/,
  )
  expect(split(made(2, 3))).toThrow(/need at least 4 recordings \(groups\) of each class, and '0' has 3/)
  const files = (count: number, labels = 1) =>
    dataset(Array.from({ length: count * labels }, (_, i) => ({ label: `${i % labels}` })))
  expect(split(files(2))).toThrow(
    /too few clips to divide: at least 3 are needed outside the splits that the manifest names, and there are 2$/,
  )
  expect(split(files(2, 2))).toThrow(/each class needs at least 3 outside .*, and '0' has 2, '1' has 2$/)
  expect(split(files(3))).toThrow(/need at least 4 clips, and there are 3 to divide; give more clips$/)
  expect(split(files(4))).not.toThrow()
})

test('what the manifest leaves out is set aside, and said', () => {
  const clips = (split: Clip['split']) =>
    Array.from({ length: 40 }, (_, i) => ({
      label: `${i % 2}`,
      group: `${i}`,
      split: i < 10 ? split : undefined,
    }))
  const warnings = (split: Clip['split']) => splitDataset(dataset(clips(split)), { seed: 1 }).warnings
  const aside = 'The manifest names no test clips: some of the others were set aside.'
  expect([warnings('train'), warnings('reward'), warnings('test'), warnings(undefined)]).toEqual([
    [aside],
    [aside],
    [],
    [],
  ])
})

import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '../../../src/models/engine.ts'
import { checkTask } from '../../../src/models/tasks/check.ts'
import { recordingsOf } from '../../../src/models/tasks/temporal/recordings.ts'
import { temporalSegmentation } from '../../../src/models/tasks/temporal/temporal.ts'
import { inWindows, windowSeconds } from '../../../src/models/tasks/temporal/windows.ts'
import { timed } from '../../support/annotated.ts'

const INPUT = { frames: 8, size: [64, 64], fit: 'crop', strides: [] } as const

beforeAll(async () => {
  await startEngine()
})

describe('windows', () => {
  const recording = {
    ...{ id: 'r.mp4', path: '/r.mp4', label: '' },
    annotation: { size: [64, 64] as const, segments: [{ label: 'a', start: 0, end: 4 }] },
  }
  const dataset = { path: '/d', classes: [], clips: [recording], hasGroups: false, skipped: [] }

  test('give a segment of median length eight frames', () => {
    expect(windowSeconds(dataset, 32)).toBe(16)
  })

  test('a recording counts once, whole or in windows: what a model remembers is what it was trained with', () => {
    const second = { ...recording, id: 's.mp4', path: '/s.mp4' }
    const segments = [1, 2, 3].map(i => ({ label: 'a', start: 2 * i, end: 2 * i + 2 }))
    const both = {
      ...dataset,
      clips: [recording, { ...second, annotation: { ...recording.annotation, segments } }],
    }
    const window = windowSeconds(both, 8)
    expect(window).toBe(2)
    // The recording of the long segment has nearly all windows.
    const cut = inWindows(
      both,
      window,
      new Map([...both.clips.entries()].map(([i, { path }]) => [path, i === 0 ? 40 : 8])),
    )
    expect(windowSeconds(cut, 8)).toBe(window)
  })

  test('are of equal length, the last one ends where the recording does, and all of one stay together', () => {
    const { clips, hasGroups } = inWindows(dataset, 4, new Map([['/r.mp4', 10]]))
    expect(clips.map(({ start, end }) => [start, end])).toEqual([
      [0, 4],
      [4, 8],
      [6, 10],
    ])
    expect(new Set(clips.map(({ group }) => group)).size).toBe(1)
    expect(new Set(clips.map(({ id }) => id)).size).toBe(3)
    expect(hasGroups).toBe(true)
  })

  test('a recording shorter than a window is one', () => {
    const { clips } = inWindows(dataset, 4, new Map([['/r.mp4', 3]]))
    expect(clips.map(({ start, end }) => [start, end])).toEqual([[0, 3]])
  })

  test('put together again show each moment once', () => {
    const window = (start: number, labels: number[]) => ({
      ...{ recording: 'r', start, end: start + 4, labels: Int32Array.from(labels) },
      found: Int32Array.from(labels, label => label + 10),
    })
    const whole = recordingsOf([window(6, [5, 6, 7, 8]), window(0, [0, 1, 2, -1]), window(4, [3, 4, 5, 6])])
    expect(whole.get('r')?.labels).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(whole.get('r')?.found).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18])
  })
})

describe('the task', () => {
  test.each(['none', 'weights'] as const)(
    'keeps its contract, balance %s',
    balance => {
      const { dataset, items } = timed(6)
      expect(checkTask(temporalSegmentation, { dataset, items, input: INPUT, balance })).toEqual([])
    },
    120_000,
  )

  test('data without segments, or with others than the model knows', () => {
    const { dataset } = timed(2)
    const { segmentClasses: _, ...bare } = dataset
    expect(() => temporalSegmentation.check(bare)).toThrow(/no segments.*segments\.csv/)
    const facts = temporalSegmentation.facts({ dataset, train: dataset.clips, balance: 'none', input: INPUT })
    expect(() => temporalSegmentation.check({ ...dataset, segmentClasses: ['a', 'z'] }, facts)).toThrow(
      /z.*knows a, b, c/,
    )
  })
})

import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '../../../src/models/engine.ts'
import { matchImage } from '../../../src/models/tasks/coco/match.ts'
import { accumulate } from '../../../src/models/tasks/coco.ts'
import { detectionDetails } from '../../../src/models/tasks/detection/details.ts'
import { sceneSegmentation } from '../../../src/models/tasks/segmentation/segmentation.ts'
import { temporalDetails } from '../../../src/models/tasks/temporal/details.ts'
import { masked } from '../../support/annotated.ts'

beforeAll(async () => {
  await startEngine()
})

describe('of boxes', () => {
  const box = { label: 0, x: 0, y: 0, width: 20, height: 20 }
  const frames = [
    { boxes: [box], found: [{ ...box, score: 0.9 }] },
    {
      boxes: [box],
      found: [
        { ...box, x: 40, score: 0.95 },
        { ...box, label: 1, x: 40, y: 40, score: 0.1 },
      ],
    },
  ]
  const coco = accumulate(
    frames.map(({ boxes, found }) => [matchImage(boxes, found)]),
    2,
  )
  const [curves, matrix] = detectionDetails(frames, coco, { classes: ['cat', 'dog'], confidence: 0.3 })

  test('a curve for each class that has objects', () => {
    if (curves.kind !== 'curves') throw new Error(curves.kind)
    expect(curves.curves.map(({ name }) => name)).toEqual(['cat'])
    const [{ points }] = curves.curves
    // The surest is wrong, then half of the objects are found.
    expect(points).toHaveLength(101)
    expect(points[50]).toEqual([0.5, 0.5])
    expect(points[51]).toEqual([0.51, 0])
  })

  test('what is taken for what, background last; the unsure count for nothing', () => {
    expect(matrix).toMatchObject({
      kind: 'matrix',
      names: ['cat', 'dog', 'background'],
      counts: [
        [1, 0, 1],
        [0, 0, 0],
        [1, 0, 0],
      ],
    })
  })
})

test('of masks: IoU by class, null where a class is neither there nor said', () => {
  const { dataset, items } = masked(1)
  const input = { frames: 1, size: [64, 64], fit: 'crop', strides: [8, 16] } as const
  const facts = sceneSegmentation.facts({ dataset, train: dataset.clips, balance: 'none', input })
  const task = sceneSegmentation.create(facts)
  const mask = items[0].truth?.[0].mask ?? new Uint8Array()
  const predictions = [{ masks: [mask.map(() => 1)], probabilities: new Float32Array(64 * 3) }]
  const details = task.details?.({ targets: [task.target(items[0])], predictions, losses: [1] })
  expect(details).toMatchObject([
    {
      kind: 'bars',
      bars: [
        { name: 'sky', share: 0 },
        { name: 'road', share: 0.75 },
        { name: 'car', share: null },
      ],
    },
  ])
})

test('of moments: recordings out of their windows, each moment once, unknown ones left out', () => {
  const window = (start: number, labels: number[], found: number[]) => ({
    ...{ recording: '/d/r.mp4', start, end: start + 4 },
    ...{ labels: Int32Array.from(labels), found: Int32Array.from(found) },
  })
  const windows = [window(2, [0, 1, 1, 1], [0, 0, 0, 1]), window(0, [0, 0, -1, 0], [1, 1, 0, 0])]
  expect(temporalDetails(windows, ['a', 'b'])).toMatchObject([
    {
      kind: 'strips',
      labels: ['a', 'b'],
      strips: [
        {
          name: 'r.mp4',
          rows: [
            {
              name: 'true',
              spans: [
                [0, 2, 0],
                [3, 4, 0],
                [4, 6, 1],
              ],
            },
            {
              name: 'said',
              spans: [
                [0, 2, 1],
                [2, 5, 0],
                [5, 6, 1],
              ],
            },
          ],
        },
      ],
    },
  ])
})

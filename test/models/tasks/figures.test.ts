import { describe, expect, test } from 'vitest'
import { BLACK, Canvas, type Color } from '../../../src/common/canvas.ts'
import type { Clip, Dataset } from '../../../src/data/dataset.ts'
import { Writer } from '../../../src/models/function/protobuf.ts'
import { isShapeOperand } from '../../../src/models/function/shape-operands.ts'
import { classScore, classScorePerItem } from '../../../src/models/tasks/class-scores.ts'
import { checkBoxes, nothingToFind } from '../../../src/models/tasks/detection/facts.ts'
import { itemFigures, primaryOf, scoreOf } from '../../../src/models/tasks/detection/figures.ts'
import { dotSize, Labels, labelSize, legend, writeLabel } from '../../../src/models/tasks/drawing/labels.ts'
import {
  areUnequal,
  confusionMatrix,
  countLabels,
  isUnbalanced,
  meanOf,
} from '../../../src/models/tasks/metrics.ts'
import { UNLABELLED } from '../../../src/models/tasks/segments.ts'
import { less, sumOf, windowsOf } from '../../../src/models/tasks/temporal/figures.ts'

describe('counts and means of classes', () => {
  const labels = [0, 0, 0, 2]

  test('count labels, and what was taken for what', () => {
    expect(countLabels(labels, 3)).toEqual([3, 0, 1])
    expect(confusionMatrix([0, 0, 1, 1], [0, 1, 1, 1], 2)).toEqual([
      [1, 1],
      [0, 2],
    ])
  })

  test('are plain, or balanced over the classes that occur', () => {
    expect(meanOf([1, 0, 1, 1], labels, false)).toBe(0.75)
    expect(meanOf([1, 0, 1, 1], labels, true)).toBeCloseTo((2 / 3 + 1) / 2, 12)
  })

  test('more than twice as many of one class are unbalanced', () => {
    expect([areUnequal([4, 2]), areUnequal([5, 2])]).toEqual([false, true])
    expect([isUnbalanced([0, 0, 1], 2), isUnbalanced([0, 0, 0, 1], 2), isUnbalanced([0], 2)]).toEqual([
      ...[false, true, true],
    ])
  })
})

describe('the score of classes', () => {
  const figures = {
    losses: [0.1, 2, 0.5, Number.NaN, 0.3],
    correct: [1, 0, 1, 0, 1],
    labels: [0, 0, 1, 1, 1],
  }
  const chances = [Math.exp(-0.1), Math.exp(-2), Math.exp(-0.5), 0, Math.exp(-0.3)]
  const clips = chances.map((chance, i) => (figures.correct[i] + chance) / 2)

  test('is accuracy, or that of classes which count alike; half of it is how sure it was', () => {
    const finite = { ...figures, losses: [0.1, 2, 0.5, 4, 0.3] }
    const plain = classScore(finite, { balanced: false })
    expect(plain.primary).toBe(0.6)
    expect(plain.loss).toBeCloseTo(6.9 / 5, 12)
    expect(plain.parts).toEqual({ accuracy: 0.6, balancedAccuracy: expect.closeTo((1 / 2 + 2 / 3) / 2, 12) })
    expect(classScore(figures, { balanced: false }).selection).toBeCloseTo(
      clips.reduce((a, b) => a + b) / 5,
      12,
    )
    const balanced = classScore(figures, { balanced: true })
    expect(balanced.primary).toBeCloseTo((1 / 2 + 2 / 3) / 2, 12)
    expect(balanced.selection).toBeCloseTo(
      ((clips[0] + clips[1]) / 2 + (clips[2] + clips[3] + clips[4]) / 3) / 2,
      12,
    )
  })

  test.each([false, true])('without an item is that of the others (balanced: %s)', balanced => {
    const finite = { losses: [0.1, 2, 0.5, 1, 0.3], correct: [1, 0, 1, 0, 1], labels: [0, 0, 1, 1, 2] }
    const { without, points, selection } = classScorePerItem(finite, { balanced })
    for (let item = 0; item < 5; item++) {
      const rest = <A>(values: readonly A[]) => values.filter((_, i) => i !== item)
      const { losses, correct, labels } = finite
      const expected = classScore(
        { losses: rest(losses), correct: rest(correct), labels: rest(labels) },
        { balanced },
      )
      const found = without(item)
      for (const key of ['primary', 'selection', 'loss'] as const)
        expect(found[key]).toBeCloseTo(Number(expected[key]), 12)
      for (const [name, value] of Object.entries(expected.parts))
        expect(found.parts[name]).toBeCloseTo(value, 12)
    }
    const whole = classScore(finite, { balanced })
    expect([...points].reduce((a, b) => a + b) / 5).toBeCloseTo(whole.primary, 12)
    if (!balanced) expect([...selection].reduce((a, b) => a + b) / 5).toBeCloseTo(Number(whole.selection), 12)
  })
})

test('windows of moments: what is known, right and sure of it; sums, and one less', () => {
  const labels = [0, UNLABELLED, 1]
  const predictions = [{ labels: [0, 0, 0], probabilities: [0.9, 0.1, 0.5, 0.5, 0.7, 0.3] }]
  const [window] = windowsOf({ targets: [{ labels }], predictions, losses: [2.5] } as never, 2)
  expect(window).toEqual({ known: 2, correct: 1, certainty: expect.closeTo(1.2, 12), loss: 2.5, windows: 1 })
  const other = { known: 5, correct: 4, certainty: 3, loss: 1, windows: 2 }
  const sum = sumOf([window, other])
  expect(sum).toEqual({ known: 7, correct: 5, certainty: expect.closeTo(4.2, 12), loss: 3.5, windows: 3 })
  expect(less(sum, window)).toEqual({ ...other, certainty: expect.closeTo(3, 12) })
})

describe('figures of detections', () => {
  const box = (label: number, x: number, more: object = {}) => ({
    label,
    x,
    y: 0,
    width: 10,
    height: 10,
    ...more,
  })

  test('count objects, and how sure and near the best box of their class is', () => {
    const frames = [[box(0, 0), box(1, 100), box(1, 200, { crowd: true })], undefined, []]
    const found = [
      [
        box(0, 5, { score: 0.5 }),
        box(0, 0, { score: 0.25 }),
        box(0, 100, { score: 1 }),
        box(1, 200, { score: 1 }),
      ],
      [box(0, 0, { score: 1 })],
      [box(0, 0, { score: 1 })],
    ]
    const { objects, quality, images } = itemFigures(
      { frames, scale: { x: 2, y: 0.5 } } as never,
      found as never,
    )
    expect(objects).toBe(2)
    // Half of a box at 0.5 overlaps by a third; the whole one at 0.25 is better.
    expect(quality).toBeCloseTo(0.25, 12)
    expect(images).toHaveLength(2)
  })

  test('the score is mAP; half of what is chosen by is the quality of the boxes', () => {
    const items = [
      { objects: 3, quality: 1, loss: 2 },
      { objects: 1, quality: 1, loss: 4 },
    ]
    expect(scoreOf({ ap: 0.3, ap50: 0.5 } as never, items)).toEqual({
      ...{ primary: 0.3, selection: (0.3 + 0.5) / 2, loss: 3 },
      parts: { ap50: 0.5, ap75: 0, apSmall: 0, apMedium: 0, apLarge: 0, ar100: 0 },
    })
    expect(scoreOf({} as never, [{ objects: 0, quality: 0, loss: 1 }])).toMatchObject({
      primary: 0,
      selection: 0,
    })
    expect([primaryOf({ ap: 0.2 } as never), primaryOf({} as never)]).toEqual([0.2, 0])
  })

  test('of clips without an object nothing is to be found; data without boxes is refused', () => {
    const clip = (boxes: readonly object[] | undefined) =>
      ({ annotation: boxes && { boxes: [{ boxes }] } }) as unknown as Clip
    const words = 'no object is boxed there, and mAP is of objects that are to be found'
    for (const empty of [[], [clip(undefined)], [clip([])], [clip([box(0, 0, { crowd: true })])]])
      expect(nothingToFind(empty)).toBe(words)
    expect(nothingToFind([clip([]), clip([box(0, 0, { crowd: true }), box(0, 0)])])).toBeUndefined()
    const data = (boxClasses?: readonly string[]) => ({ path: '/data', boxClasses }) as unknown as Dataset
    for (const none of [data(), data([])]) expect(() => checkBoxes(none)).toThrow('/data has no boxes')
    checkBoxes(data(['cat']))
    checkBoxes(data(['cat']), { classes: ['cat', 'dog'] } as never)
    expect(() => checkBoxes(data(['cow']), { classes: ['cat', 'dog'] } as never)).toThrow('cow')
  })
})

describe('labels on a picture', () => {
  const RED: Color = [250, 0, 0]
  const reds = (canvas: Canvas, from: number, to: number) => {
    const { pixels } = canvas.frame()
    let count = 0
    for (let i = from * canvas.width; i < to * canvas.width; i++)
      if (pixels[3 * i] === 250 && pixels[3 * i + 1] === 0) count++
    return count
  }

  test('grow with it', () => {
    expect(
      [
        [100, 100],
        [480, 800],
        [1000, 2000],
      ].map(([width, height]) => dotSize({ width, height })),
    ).toEqual([1, 2, 3])
    const { width, height } = labelSize('ab', 1)
    expect(labelSize('ab', 3)).toEqual({ width: 3 * width, height: 3 * height })
    expect(labelSize('', 2)).toEqual({ width: 4, height: 2 * height })
  })

  test('have a ground of their colour', () => {
    const canvas = new Canvas(60, 30)
    writeLabel(canvas, 'a', { x: 2, y: 3 }, 1, RED)
    const { width, height } = labelSize('a', 1)
    expect([reds(canvas, 0, 3), reds(canvas, 3 + height, 30)]).toEqual([0, 0])
    expect(reds(canvas, 3, 4)).toBe(width)
    expect(reds(canvas, 3, 3 + height)).toBeLessThan(width * height)
  })

  test('take the first corner where there is room, within the picture, and don’t lie over each other', () => {
    const canvas = new Canvas(60, 30)
    const labels = new Labels(canvas, 1)
    const { width, height } = labelSize('abc', 1)
    const write = (...corners: readonly (readonly [number, number])[]) =>
      labels.write('abc', () => corners, RED)
    expect(write([0, -1], [0, 30 - height + 1])).toBe(false)
    // Beyond the right edge it is moved back.
    expect(write([58, 0])).toBe(true)
    expect(reds(canvas, 0, 1)).toBe(width)
    expect(write([60 - width - width + 1, 0])).toBe(false)
    expect(write([60 - width, height - 1])).toBe(false)
    expect(write([60 - width, height])).toBe(true)
    expect(write([60 - 2 * width, 0])).toBe(true)
    // Above one that stands lower there is room.
    const lower = new Labels(new Canvas(60, 60), 1)
    expect(lower.write('abc', () => [[0, 2 * height]], RED)).toBe(true)
    expect(lower.write('abc', () => [[0, height + 1]], RED)).toBe(false)
    expect(lower.write('abc', () => [[0, height]], RED)).toBe(true)
    expect(new Labels(new Canvas(width - 1, 30), 1).write('abc', () => [[0, 0]], RED)).toBe(false)
    expect(new Labels(new Canvas(width, height), 1).write('abc', () => [[0, 0]], RED)).toBe(true)
  })

  test('a legend stands in the lower left corner, as long as there is room', () => {
    const line = labelSize('', 1).height
    const canvas = new Canvas(60, 3 * line)
    canvas.fill(0, 0, 60, 3 * line, BLACK)
    legend(canvas, [], 1)
    legend(
      canvas,
      ['a', 'b'].map(name => ({ name, color: RED })),
      1,
    )
    expect(reds(canvas, 0, line)).toBe(0)
    expect(reds(canvas, line, 3 * line)).toBe(2 * (line - 2) ** 2)
    const small = new Canvas(60, line)
    legend(
      small,
      ['a', 'b'].map(name => ({ name, color: RED })),
      1,
    )
    expect(reds(small, 0, line)).toBe((line - 2) ** 2)
  })
})

describe('graphs for TensorFlow', () => {
  test('know which inputs say how an operation works', () => {
    const operands = (op: string, inputs: number) =>
      Array.from({ length: inputs }, (_, input) => input).filter(input => isShapeOperand(op, input, inputs))
    expect(operands('ConcatV2', 4)).toEqual([3])
    expect(operands('StridedSlice', 4)).toEqual([1, 2, 3])
    expect(operands('Fill', 2)).toEqual([0])
    expect(operands('GatherV2', 3)).toEqual([2])
    expect(operands('Conv2DBackpropInput', 3)).toEqual([0])
    expect(operands('Conv2DBackpropFilter', 3)).toEqual([1])
    expect(operands('MatMul', 2)).toEqual([])
  })

  test('are written as protocol buffers', () => {
    const hex = (write: (writer: Writer) => Writer) =>
      Buffer.from(write(new Writer()).finish()).toString('hex')
    // The examples of the format's own documentation, and a negative number's ten bytes.
    expect(hex(writer => writer.int(1, 150))).toBe('089601')
    expect(hex(writer => writer.text(2, 'testing'))).toBe('120774657374696e67')
    expect(hex(writer => writer.message(3, inner => void inner.int(1, 150)))).toBe('1a03089601')
    expect(hex(writer => writer.int(1, -1))).toBe(`08${'ff'.repeat(9)}01`)
    expect(hex(writer => writer.int(1, 127).int(1, 128))).toBe('087f088001')
    expect(hex(writer => writer.float(2, 1).data(16, Uint8Array.of(7)))).toBe('150000803f82010107')
    expect(hex(writer => writer)).toBe('')
  })
})

import { expect, test } from 'vitest'
import { BLACK, Canvas, type Frame, textSize } from '../../src/common/canvas.ts'
import { printed } from '../../src/common/font.ts'
import { classColour, hexOf, inkOn } from '../../src/common/palette.ts'

/** Black pixels as #, a line a row. */
function art({ width, height, pixels }: Frame): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => (pixels[(y * width + x) * 3] === 0 ? '#' : '.')).join(''),
  )
}

function written(text: string, scale = 1): string[] {
  const [width, height] = textSize(text, scale)
  const canvas = new Canvas(width, height)
  canvas.write(text, 0, 0, scale, BLACK)
  return art(canvas.frame())
}

test('text is written in dots', () => {
  expect(written('Rg 0.8')).toEqual([
    '####...............###.........###.',
    '#...#..####.......#...#.......#...#',
    '#...#.#...#.......#..##.......#...#',
    '####..#...#.......#.#.#........###.',
    '#.#....####.......##..#.......#...#',
    '#..#......#.......#...#..##...#...#',
    '#...#..###.........###...##....###.',
  ])
})

test('a dot may be several pixels', () => {
  expect(written('-', 2)[6]).toBe('##########')
  expect(written('-', 2)[7]).toBe('##########')
  expect(textSize('ab', 2)).toEqual([22, 14])
})

test('every printable character has a glyph of its own, others are a question mark', () => {
  const all = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
  expect(new Set(all.map(character => written(character).join('\n'))).size).toBe(95)
  expect(written('字')).toEqual(written('?'))
  expect(printed('Größe é').join('')).toBe('Grosse e')
})

test('what is painted over a picture leaves it as it was, and is cut off at its edge', () => {
  const picture = { width: 4, height: 3, pixels: new Uint8Array(36).fill(200) }
  const canvas = Canvas.over(picture)
  canvas.fill(2, 1, 10, 10, BLACK)
  expect(art(canvas.frame())).toEqual(['....', '..##', '..##'])
  expect(picture.pixels.every(value => value === 200)).toBe(true)
})

test('an outline lies within its rectangle', () => {
  const canvas = new Canvas(6, 5)
  canvas.outline(1, 0, 5, 5, 1, BLACK)
  expect(art(canvas.frame())).toEqual(['.#####', '.#...#', '.#...#', '.#...#', '.#####'])
})

test('a tint mixes', () => {
  const canvas = new Canvas(1, 1)
  canvas.tint(0, 0, [55, 155, 255], 0.5)
  expect([...canvas.frame().pixels]).toEqual([155, 205, 255])
})

test('21 classes have colours of their own, and ink that can be read on them', () => {
  const colours = Array.from({ length: 21 }, (_, i) => hexOf(classColour(i)))
  expect(new Set(colours).size).toBe(21)
  expect(colours[0]).toBe('#e69f00')
  expect(classColour(21)).toEqual(classColour(0))
  expect(inkOn(classColour(3))).toEqual([0, 0, 0])
  expect(inkOn(classColour(4))).toEqual([255, 255, 255])
})

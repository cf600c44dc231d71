import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Rng } from '../../src/common/random.ts'
import { lines, png } from '../data/annotations/fixtures.ts'
import { ffmpeg } from '../data/fixtures.ts'

const SIDE = 32
const COLOURS = { red: [220, 40, 30], blue: [30, 60, 220] } as const

/** Pictures of one coloured square each, with its label, box and mask: what labels, boxes or masks are learned from. */
export function squares(folder: string, count: number): string {
  const rng = Rng.of(1, 'squares')
  const rows = Array.from({ length: count }, (_, i) => {
    const label = i % 2 === 0 ? 'red' : 'blue'
    const side = 10 + rng.int(8)
    return { i, label, side, x: rng.int(SIDE - side), y: rng.int(SIDE - side) } as const
  })
  mkdirSync(folder, { recursive: true })
  for (const { i, label, side, x, y } of rows) {
    const inside = (at: number) => {
      const [row, column] = [Math.floor(at / SIDE), at % SIDE]
      return row >= y && row < y + side && column >= x && column < x + side
    }
    const places = Array.from({ length: SIDE * SIDE }, (_, at) => at)
    const pixels = places.flatMap(at => (inside(at) ? [...COLOURS[label]] : [128, 128, 128]))
    const mask = places.map(at => (inside(at) ? (label === 'red' ? 1 : 2) : 0))
    writeFileSync(join(folder, `${i}.png`), png(SIDE, SIDE, pixels, { colour: 2 }))
    writeFileSync(join(folder, `${i}.mask.png`), png(SIDE, SIDE, mask))
  }
  const of = (i: number) => `${i}.png`
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  write(
    'labels.csv',
    lines('path,label,mask', ...rows.map(({ i, label }) => `${of(i)},${label},${i}.mask.png`)),
  )
  write(
    'boxes.csv',
    lines(
      'path,label,x,y,w,h',
      ...rows.map(({ i, label, side, x, y }) => `${of(i)},${label},${x},${y},${side},${side}`),
    ),
  )
  write('classes.csv', lines('name,index', 'ground,0', 'red,1', 'blue,2'))
  return folder
}

/** Recordings in which a red and a blue screen take turns, with the moments of each. */
export async function screens(folder: string, count: number): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const rows: string[] = []
  for (let i = 0; i < count; i++) {
    const colours = i % 2 === 0 ? ['red', 'blue', 'red', 'blue'] : ['blue', 'red', 'red', 'blue']
    const inputs = colours.flatMap(colour => ['-f', 'lavfi', '-i', `color=${colour}:s=32x32:r=10:d=2`])
    const joined = ['-filter_complex', `concat=n=${colours.length}`, '-pix_fmt', 'yuv420p']
    await ffmpeg(...inputs, ...joined, join(folder, `${i}.mp4`))
    rows.push(...colours.map((colour, at) => `${i}.mp4,${2 * at},${2 * at + 2},${colour}`))
  }
  writeFileSync(join(folder, 'segments.csv'), lines('path,start,end,label', ...rows))
  return folder
}

/** CSV files by class: two kinds of noise that differ in whether the two halves of the columns move together. */
export function noises(
  folder: string,
  count: number,
  columns: number,
  as: (value: number) => number = value => value,
): string {
  const rng = Rng.of(4)
  for (const [kind, sign] of Object.entries({ together: 1, apart: -1 }))
    for (let i = 0; i < count; i++) {
      const rows = Array.from({ length: 6 + i }, () => {
        const shift = rng.normal()
        const cell = (c: number) => rng.normal() / 4 + (2 * c < columns ? shift : sign * shift)
        return Array.from({ length: columns }, (_, c) => String(as(cell(c)))).join(',')
      })
      const path = join(folder, kind, `${i}.csv`)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, lines(...rows))
    }
  return folder
}

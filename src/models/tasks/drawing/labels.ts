import { BLACK, type Canvas, type Color, textSize, WHITE } from '../../../common/canvas.ts'
import { inkOn } from '../../../common/palette.ts'

/** Pixels of a dot of text, and of a line, that are seen on a picture of this size. */
export function dotSize({ width, height }: Pick<Canvas, 'width' | 'height'>): number {
  return Math.max(1, Math.round(Math.min(width, height) / 320))
}

interface Place {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Labels that don't lie over each other. */
export class Labels {
  private readonly taken: Place[] = []

  constructor(
    private readonly canvas: Canvas,
    private readonly dot: number,
  ) {}

  /** Writes at the first of these left upper corners where there is room. @returns whether it found some */
  write(
    text: string,
    corners: (size: Pick<Place, 'width' | 'height'>) => readonly Corner[],
    color: Color,
  ): boolean {
    const { canvas, dot } = this
    const size = labelSize(text, dot)
    const place = corners(size)
      .map(([x, y]) => ({ x: Math.max(0, Math.min(x, canvas.width - size.width)), y, ...size }))
      .find(each => this.isFree(each))
    if (place === undefined) return false
    this.taken.push(place)
    writeLabel(canvas, text, place, dot, color)
    return true
  }

  private isFree({ x, y, width, height }: Place): boolean {
    const { canvas, taken } = this
    if (y < 0 || width > canvas.width || y + height > canvas.height) return false
    return taken.every(
      other =>
        x >= other.x + other.width ||
        other.x >= x + width ||
        y >= other.y + other.height ||
        other.y >= y + height,
    )
  }
}

type Corner = readonly [x: number, y: number]

/** Of a label's ground, a dot's breadth round the text. */
export function labelSize(text: string, dot: number): { readonly width: number; readonly height: number } {
  const [width, height] = textSize(text, dot)
  return { width: width + 2 * dot, height: height + 2 * dot }
}

/** A line of text on a ground of its colour. */
export function writeLabel(
  canvas: Canvas,
  text: string,
  { x, y }: Pick<Place, 'x' | 'y'>,
  dot: number,
  color: Color,
): void {
  const { width, height } = labelSize(text, dot)
  canvas.fill(x, y, width, height, color)
  canvas.write(text, Math.round(x) + dot, Math.round(y) + dot, dot, inkOn(color))
}

/** Which colour is what, in the lower left corner, as many as there is room for. */
export function legend(
  canvas: Canvas,
  entries: readonly { readonly name: string; readonly color: Color }[],
  dot: number,
): void {
  if (entries.length === 0) return
  const line = labelSize('', dot).height
  const shown = entries.slice(0, Math.max(1, Math.floor(canvas.height / line)))
  const width = Math.max(...shown.map(({ name }) => labelSize(name, dot).width)) + line
  const top = canvas.height - shown.length * line
  canvas.fill(0, top, width, shown.length * line, WHITE)
  shown.forEach(({ name, color }, i) => {
    canvas.fill(dot, top + i * line + dot, line - 2 * dot, line - 2 * dot, color)
    canvas.write(name, line, top + i * line + dot, dot, BLACK)
  })
}

import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphOf, printed } from './font.ts'

/** An RGB picture, uint8 [height, width, 3]. */
export interface Frame {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/** Red, green, blue in 0 … 255. */
export type Color = readonly [number, number, number]

export const BLACK: Color = [0, 0, 0]
export const WHITE: Color = [255, 255, 255]

/** An RGB picture to paint on; coordinates are pixels, x to the right, y down, (0, 0) the top left corner. */
export class Canvas {
  private readonly pixels: Uint8Array // [height, width, 3]

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Uint8Array(width * height * 3).fill(255)
  }

  /** A copy of a picture, to paint over. */
  static over({ width, height, pixels }: Frame): Canvas {
    const canvas = new Canvas(width, height)
    canvas.pixels.set(pixels)
    return canvas
  }

  /** Fills a polygon by the even-odd rule: pixels whose centre lies inside. */
  polygon(points: readonly (readonly [number, number])[], color: Color): void {
    const ys = points.map(([, y]) => y)
    const top = Math.max(0, Math.floor(Math.min(...ys)))
    const bottom = Math.min(this.height - 1, Math.ceil(Math.max(...ys)))
    for (let row = top; row <= bottom; row++) {
      const crossings = crossingsAt(points, row + 0.5)
      for (let i = 0; i + 1 < crossings.length; i += 2) this.span(row, crossings[i], crossings[i + 1], color)
    }
  }

  circle(x: number, y: number, radius: number, color: Color): void {
    for (let row = Math.floor(y - radius); row <= y + radius; row++) {
      const half = Math.sqrt(Math.max(0, radius ** 2 - (row + 0.5 - y) ** 2))
      this.span(row, x - half, x + half, color)
    }
  }

  /** A straight line, `thickness` pixels wide. */
  line(
    from: readonly [number, number],
    to: readonly [number, number],
    thickness: number,
    color: Color,
  ): void {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]]
    const scale = thickness / 2 / (Math.hypot(dx, dy) || 1)
    const [nx, ny] = [-dy * scale, dx * scale]
    const corners = [
      [from[0] + nx, from[1] + ny],
      [to[0] + nx, to[1] + ny],
      [to[0] - nx, to[1] - ny],
      [from[0] - nx, from[1] - ny],
    ] as const
    this.polygon(corners, color)
  }

  /** A filled rectangle; what lies outside is cut off. */
  fill(x: number, y: number, width: number, height: number, color: Color): void {
    for (let row = Math.round(y); row < Math.round(y + height); row++) this.span(row, x, x + width, color)
  }

  /** The inner edge of a rectangle, `thickness` pixels wide. */
  outline(x: number, y: number, width: number, height: number, thickness: number, color: Color): void {
    const [right, bottom] = [Math.round(x + width), Math.round(y + height)]
    const [left, top] = [Math.round(x), Math.round(y)]
    this.fill(left, top, right - left, thickness, color)
    this.fill(left, bottom - thickness, right - left, thickness, color)
    this.fill(left, top, thickness, bottom - top, color)
    this.fill(right - thickness, top, thickness, bottom - top, color)
  }

  /** Mixes a pixel with a colour. @param share of the colour, [0, 1] */
  tint(x: number, y: number, color: Color, share: number): void {
    const at = (y * this.width + x) * 3
    for (let channel = 0; channel < 3; channel++)
      this.pixels[at + channel] = Math.round((1 - share) * this.pixels[at + channel] + share * color[channel])
  }

  /** A line of text in the built-in font, each of its dots `scale` pixels; `x` and `y` are its left upper corner. */
  write(text: string, x: number, y: number, scale: number, color: Color): void {
    let left = x
    for (const character of printed(text)) {
      for (const [row, dots] of glyphOf(character).entries()) {
        for (let column = 0; column < GLYPH_WIDTH; column++) {
          const set = (dots >> (GLYPH_WIDTH - 1 - column)) & 1
          if (set === 1) this.fill(left + column * scale, y + row * scale, scale, scale, color)
        }
      }
      left += (GLYPH_WIDTH + 1) * scale
    }
  }

  frame(): Frame {
    return { width: this.width, height: this.height, pixels: this.pixels.slice() }
  }

  /** The picture as coloured half blocks for a terminal: two pixels a character, `columns` characters a line. */
  terminal(columns = 60): string {
    const cell = this.width / columns
    const lines: string[] = []
    for (let y = 0; y < this.height / cell; y += 2) {
      let line = ''
      for (let x = 0; x < columns; x++) {
        const upper = this.darkest(x * cell, y * cell, cell).join(';')
        const lower = this.darkest(x * cell, (y + 1) * cell, cell).join(';')
        line += `\u001b[38;2;${upper}m\u001b[48;2;${lower}m▀`
      }
      lines.push(`${line}\u001b[0m`)
    }
    return lines.join('\n')
  }

  private span(row: number, from: number, to: number, color: Color): void {
    if (row < 0 || row >= this.height) return
    const first = Math.max(0, Math.round(from))
    const last = Math.min(this.width, Math.round(to))
    for (let x = first; x < last; x++) this.pixels.set(color, (row * this.width + x) * 3)
  }

  /** The darkest pixel of a cell: thin lines must survive the shrinking. */
  private darkest(x: number, y: number, size: number): Color {
    let best: Color = [255, 255, 255]
    for (let row = Math.floor(y); row < Math.min(y + size, this.height); row++) {
      for (let column = Math.floor(x); column < Math.min(x + size, this.width); column++) {
        const at = (row * this.width + column) * 3
        const [r, g, b] = this.pixels.subarray(at, at + 3)
        if (r + g + b < best[0] + best[1] + best[2]) best = [r, g, b]
      }
    }
    return best
  }
}

/** [width, height] in pixels of a line of text that `Canvas.write` writes. */
export function textSize(text: string, scale: number): readonly [width: number, height: number] {
  const { length } = printed(text)
  return [Math.max(0, length * (GLYPH_WIDTH + 1) - 1) * scale, GLYPH_HEIGHT * scale]
}

/** Where the polygon's edges cross a horizontal line, from left to right. */
function crossingsAt(points: readonly (readonly [number, number])[], y: number): number[] {
  const crossings: number[] = []
  for (const [i, [x0, y0]] of points.entries()) {
    const [x1, y1] = points[(i + 1) % points.length]
    if (y0 <= y !== y1 <= y) crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0))
  }
  return crossings.sort((a, b) => a - b)
}

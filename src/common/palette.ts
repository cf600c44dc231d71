import { BLACK, type Color, WHITE } from './canvas.ts'

/** Okabe and Ito's (2008), which people of every colour vision tell apart; black is left to text. */
const PALETTE: readonly Color[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
]
/** Once all are used they come again darker, then paler. */
const VARIANTS = [
  { towards: BLACK, share: 0 },
  { towards: BLACK, share: 0.45 },
  { towards: WHITE, share: 0.5 },
] as const

/** The colour of a class by its place: 21 different ones, then from the first again. */
export function classColour(index: number): Color {
  const [red, green, blue] = PALETTE[index % PALETTE.length]
  const { towards, share } = VARIANTS[Math.floor(index / PALETTE.length) % VARIANTS.length]
  const mixed = (own: number, other: number) => Math.round((1 - share) * own + share * other)
  return [mixed(red, towards[0]), mixed(green, towards[1]), mixed(blue, towards[2])]
}

/** Black or white: what is read better on a colour. */
export function inkOn([red, green, blue]: Color): Color {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? BLACK : WHITE
}

/** "#e69f00", for HTML and SVG. */
export function hexOf(color: Color): string {
  return `#${color.map(value => value.toString(16).padStart(2, '0')).join('')}`
}

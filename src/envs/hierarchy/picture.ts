import { BLACK, Canvas, type Color, type Frame } from '../../common/canvas.ts'
import { classColour } from '../../common/palette.ts'
import type { World } from '../world.ts'

type Seen = Pick<World, 'names' | 'rates' | 'evaluation' | 'budgetLeft'>

const WIDTH = 360
const ROW = 22
const NAMES = 120
/** Rates from 10^-6 to 10^-1 fill a bar. */
const [LOWEST, DECADES] = [-6, 5]
const GREY: Color = [220, 220, 220]

/** A fine-tuning run as it stands: how fast each group moves, what it is worth, and what is left of the budget. */
export function worldFrame(world: Seen): Frame {
  const canvas = new Canvas(WIDTH, ROW * (world.names.length + 2) + 8)
  world.names.forEach((name, group) => {
    const y = 4 + ROW * group
    canvas.write(name.slice(0, 16), 6, y + 4, 1, BLACK)
    canvas.fill(NAMES, y, WIDTH - NAMES - 8, ROW - 6, GREY)
    canvas.fill(NAMES, y, barOf(world.rates[group]) * (WIDTH - NAMES - 8), ROW - 6, classColour(group))
  })
  const y = 4 + ROW * world.names.length
  canvas.write('budget left', 6, y + 4, 1, BLACK)
  canvas.outline(NAMES, y, WIDTH - NAMES - 8, ROW - 6, 1, BLACK)
  canvas.fill(NAMES, y, world.budgetLeft() * (WIDTH - NAMES - 8), ROW - 6, BLACK)
  canvas.write(evaluationWords(world), 6, y + ROW + 4, 1, BLACK)
  return canvas.frame()
}

/** The same in words, a line a group. */
export function worldText(world: Seen): string {
  const rates = world.names.map(
    (name, group) => `${name}: ${world.rates[group] === 0 ? 'frozen' : world.rates[group].toExponential(1)}`,
  )
  const left = `budget left: ${Math.round(100 * world.budgetLeft())} %`
  return [...rates, left, evaluationWords(world)].join('\n')
}

function evaluationWords({ evaluation: { loss, primary } }: Seen): string {
  return `loss ${loss.toFixed(4)}, score ${primary.toFixed(3)}`
}

function barOf(rate: number): number {
  if (rate <= 0) return 0
  return Math.min(1, Math.max(0.02, (Math.log10(rate) - LOWEST) / DECADES))
}

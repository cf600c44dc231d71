import { BLACK, type Canvas } from '../../common/canvas.ts'
import type { Rng } from '../../common/random.ts'
import { Box } from '../spaces.ts'
import { ClassicControl, type ClassicOptions, resetBounds, uniform } from './control.ts'

export const MIN_POSITION = -1.2
export const MAX_POSITION = 0.6
export const MAX_SPEED = 0.07

/** A car in a valley: what both kinds of push have in common. Observation and state: [position, velocity]. */
export abstract class Valley<A> extends ClassicControl<A> {
  readonly observationSpace = new Box([MIN_POSITION, -MAX_SPEED], [MAX_POSITION, MAX_SPEED], [2])
  /** Position where it ends. */
  protected abstract readonly goal: number
  protected readonly goalVelocity: number

  /** @param options.goalVelocity the least velocity at the goal, default 0 */
  constructor(options: ClassicOptions & { readonly goalVelocity?: number }) {
    super(options, ['position', 'velocity'])
    this.goalVelocity = options.goalVelocity ?? 0
  }

  observe(state: Float64Array, at: number, out: Float32Array, to: number): void {
    out[to] = state[at]
    out[to + 1] = state[at + 1]
  }

  /** At rest, at a uniform position within `low` and `high`. */
  start(state: Float64Array, at: number, rng: Rng, options: unknown): void {
    const [low, high] = resetBounds(options, -0.6, -0.4)
    state[at] = uniform(rng, low, high)
    state[at + 1] = 0
  }

  protected draw(canvas: Canvas, [position]: Float64Array): void {
    drawValley(canvas, position, this.goal)
  }
}

function drawValley(canvas: Canvas, position: number, goal: number): void {
  const scale = canvas.width / (MAX_POSITION - MIN_POSITION)
  const at = (x: number) =>
    [(x - MIN_POSITION) * scale, canvas.height - 10 - (Math.sin(3 * x) * 0.45 + 0.55) * scale] as const
  for (let x = MIN_POSITION; x < MAX_POSITION; x += 0.02) canvas.line(at(x), at(x + 0.02), 2, BLACK)
  const [flagX, flagY] = at(goal)
  canvas.line([flagX, flagY], [flagX, flagY - 25], 1, BLACK)
  canvas.polygon(
    [
      [flagX, flagY - 25],
      [flagX + 12, flagY - 20],
      [flagX, flagY - 15],
    ],
    [204, 204, 0],
  )
  const [x, y] = at(position)
  canvas.circle(x, y - 6, 6, [128, 128, 128])
}

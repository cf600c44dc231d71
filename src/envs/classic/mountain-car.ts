import { BLACK, type Canvas } from '../../common/canvas.ts'
import type { Rng } from '../../common/random.ts'
import { Box, Discrete } from '../spaces.ts'
import { ClassicControl, type ClassicOptions, resetBounds, uniform } from './control.ts'

/**
 * An underpowered car in a valley must swing itself up the hill (Moore 1990): push left (0), nothing (1), right (2).
 * Ends at position 0.5. Observation and state: [position, velocity]. Reward: −1 a step.
 * Dynamics: gymnasium/envs/classic_control/mountain_car.py.
 */
export class MountainCar extends ClassicControl<number> {
  readonly observationSpace = valleySpace()
  readonly actionSpace = new Discrete(3)
  private readonly goalVelocity: number

  /** @param options.goalVelocity the least velocity at the goal, default 0 */
  constructor(options: ClassicOptions & { readonly goalVelocity?: number }) {
    super(options, ['position', 'velocity'])
    this.goalVelocity = options.goalVelocity ?? 0
  }

  takes(action: number): boolean {
    return action === 0 || action === 1 || action === 2
  }

  protected numberOf(action: number): number {
    return action
  }

  advance(state: Float64Array, at: number, action: number, rewards: Float64Array, i: number): boolean {
    let velocity = state[at + 1] + ((action - 1) * FORCE + Math.cos(3 * state[at]) * -GRAVITY)
    velocity = Math.min(Math.max(velocity, -MAX_SPEED), MAX_SPEED)
    const position = Math.min(Math.max(state[at] + velocity, MIN_POSITION), MAX_POSITION)
    if (position === MIN_POSITION && velocity < 0) velocity = 0
    state[at] = position
    state[at + 1] = velocity
    rewards[i] = -1
    return position >= GOAL && velocity >= this.goalVelocity
  }

  observe(state: Float64Array, at: number, out: Float32Array, to: number): void {
    out[to] = state[at]
    out[to + 1] = state[at + 1]
  }

  start(state: Float64Array, at: number, rng: Rng, options: unknown): void {
    startInValley(state, at, rng, options)
  }

  protected draw(canvas: Canvas, [position]: Float64Array): void {
    drawValley(canvas, position, GOAL)
  }
}

const FORCE = 0.001
const GRAVITY = 0.0025
const GOAL = 0.5
export const MIN_POSITION = -1.2
export const MAX_POSITION = 0.6
export const MAX_SPEED = 0.07

/** [position, velocity] */
export function valleySpace(): Box {
  return new Box([MIN_POSITION, -MAX_SPEED], [MAX_POSITION, MAX_SPEED], [2])
}

/** At rest, at a uniform position within `low` and `high`. */
export function startInValley(state: Float64Array, at: number, rng: Rng, options: unknown): void {
  const [low, high] = resetBounds(options, -0.6, -0.4)
  state[at] = uniform(rng, low, high)
  state[at + 1] = 0
}

export function drawValley(canvas: Canvas, position: number, goal: number): void {
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

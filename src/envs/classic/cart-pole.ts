import { BLACK, type Canvas } from '../../common/canvas.ts'
import type { Rng } from '../../common/random.ts'
import { Box, Discrete } from '../spaces.ts'
import { ClassicControl, type ClassicOptions, resetBounds, uniform } from './control.ts'

/**
 * A pole on a cart that is pushed left (0) or right (1) with 10 N, 50 times a second (Barto, Sutton and Anderson
 * 1983). Ends when the cart leaves ±2.4 m or the pole ±12°.
 * Observation and state: [cart position m, velocity m/s, pole angle rad, angular velocity rad/s].
 * Reward: 1 a step, the last included. Dynamics: gymnasium/envs/classic_control/cartpole.py (Euler).
 */
export class CartPole extends ClassicControl<number> {
  readonly observationSpace = new Box(LOW, HIGH, [4])
  readonly actionSpace = new Discrete(2)
  private readonly suttonBartoReward: boolean

  /** @param options.suttonBartoReward reward 0 a step and −1 at the end, instead of 1 a step */
  constructor(options: ClassicOptions & { readonly suttonBartoReward?: boolean }) {
    super(options, ['x', 'x_dot', 'theta', 'theta_dot'])
    this.suttonBartoReward = options.suttonBartoReward ?? false
  }

  takes(action: number): boolean {
    return action === 0 || action === 1
  }

  protected numberOf(action: number): number {
    return action
  }

  advance(state: Float64Array, at: number, action: number, rewards: Float64Array, i: number): boolean {
    const xDot = state[at + 1]
    const thetaDot = state[at + 3]
    const cos = Math.cos(state[at + 2])
    const sin = Math.sin(state[at + 2])
    const force = action === 1 ? FORCE : -FORCE
    const temp = (force + POLE_MASS_LENGTH * (thetaDot * thetaDot) * sin) / TOTAL_MASS
    const thetaAcc =
      (GRAVITY * sin - cos * temp) / (HALF_LENGTH * (4 / 3 - (POLE_MASS * (cos * cos)) / TOTAL_MASS))
    const xAcc = temp - (POLE_MASS_LENGTH * thetaAcc * cos) / TOTAL_MASS
    const x = state[at] + TAU * xDot
    const theta = state[at + 2] + TAU * thetaDot
    state[at] = x
    state[at + 1] = xDot + TAU * xAcc
    state[at + 2] = theta
    state[at + 3] = thetaDot + TAU * thetaAcc
    const terminated = x < -X_LIMIT || x > X_LIMIT || theta < -THETA_LIMIT || theta > THETA_LIMIT
    rewards[i] = this.suttonBartoReward ? (terminated ? -1 : 0) : 1
    return terminated
  }

  observe(state: Float64Array, at: number, out: Float32Array, to: number): void {
    for (let k = 0; k < 4; k++) out[to + k] = state[at + k]
  }

  start(state: Float64Array, at: number, rng: Rng, options: unknown): void {
    const [low, high] = resetBounds(options, -0.05, 0.05)
    for (let k = 0; k < 4; k++) state[at + k] = uniform(rng, low, high)
  }

  protected draw(canvas: Canvas, [x, , theta]: Float64Array): void {
    const scale = canvas.width / (2 * X_LIMIT)
    const cart = canvas.width / 2 + x * scale
    const ground = canvas.height * 0.75
    const pole = scale * 2 * HALF_LENGTH
    canvas.line([0, ground], [canvas.width, ground], 1, BLACK)
    canvas.line([cart - 25, ground], [cart + 25, ground], 26, BLACK)
    const tip = [cart + pole * Math.sin(theta), ground - 6 - pole * Math.cos(theta)] as const
    canvas.line([cart, ground - 6], tip, 6, [202, 152, 101])
    canvas.circle(cart, ground - 6, 3, [129, 132, 203])
  }
}

const GRAVITY = 9.8
const POLE_MASS = 0.1
const TOTAL_MASS = POLE_MASS + 1.0
const HALF_LENGTH = 0.5
const POLE_MASS_LENGTH = POLE_MASS * HALF_LENGTH
const FORCE = 10.0
const TAU = 0.02
const X_LIMIT = 2.4
const THETA_LIMIT = (12 * 2 * Math.PI) / 360
/** Twice the limits, so that the last observation lies within. */
const HIGH = [2 * X_LIMIT, Infinity, 2 * THETA_LIMIT, Infinity]
const LOW = HIGH.map(bound => -bound)

import { BLACK, type Canvas } from '../../common/canvas.ts'
import type { StepResult } from '../env.ts'
import { Box, Discrete } from '../spaces.ts'
import { ClassicControl, type ClassicOptions, NO_INFO, resetBounds, uniform } from './control.ts'

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

  step(action: number): StepResult<Float32Array> {
    if (this.over) this.refuseEnded()
    if (action !== 0 && action !== 1) this.refuseAction(action)
    const state = this.values
    const xDot = state[1]
    const thetaDot = state[3]
    const cos = Math.cos(state[2])
    const sin = Math.sin(state[2])
    const force = action === 1 ? FORCE : -FORCE
    const temp = (force + POLE_MASS_LENGTH * (thetaDot * thetaDot) * sin) / TOTAL_MASS
    const thetaAcc =
      (GRAVITY * sin - cos * temp) / (HALF_LENGTH * (4 / 3 - (POLE_MASS * (cos * cos)) / TOTAL_MASS))
    const xAcc = temp - (POLE_MASS_LENGTH * thetaAcc * cos) / TOTAL_MASS
    const x = state[0] + TAU * xDot
    const theta = state[2] + TAU * thetaDot
    state[0] = x
    state[1] = xDot + TAU * xAcc
    state[2] = theta
    state[3] = thetaDot + TAU * thetaAcc
    const terminated = x < -X_LIMIT || x > X_LIMIT || theta < -THETA_LIMIT || theta > THETA_LIMIT
    this.over = terminated
    const reward = this.suttonBartoReward ? (terminated ? -1 : 0) : 1
    return { observation: this.observe(), reward, terminated, truncated: false, info: NO_INFO }
  }

  protected observe(): Float32Array {
    return new Float32Array(this.values)
  }

  protected start(options: unknown): void {
    const [low, high] = resetBounds(options, -0.05, 0.05)
    for (let i = 0; i < 4; i++) this.values[i] = uniform(this.rng, low, high)
  }

  protected draw(canvas: Canvas): void {
    const [x, , theta] = this.values
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

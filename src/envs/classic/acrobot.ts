import { BLACK, Canvas } from '../../common/canvas.ts'
import type { Rng } from '../../common/random.ts'
import { Box, Discrete } from '../spaces.ts'
import { ClassicControl, type ClassicOptions, resetBounds, uniform } from './control.ts'

/**
 * Two links hang from a pivot; a torque of −1, 0 or 1 Nm at the joint between them (actions 0, 1, 2) must swing the
 * tip above a line one link's length over the pivot (Sutton 1996).
 * State: [θ1, θ2 rad, angular velocities rad/s]; observation: [cos θ1, sin θ1, cos θ2, sin θ2, both velocities].
 * Reward: −1 a step, 0 for the last. Dynamics: gymnasium/envs/classic_control/acrobot.py ("book" equations, one
 * Runge-Kutta step of 0.2 s).
 */
export class Acrobot extends ClassicControl<number> {
  readonly observationSpace = new Box(
    HIGH.map(bound => -bound),
    HIGH,
    [6],
  )
  readonly actionSpace = new Discrete(3)
  private readonly slopes = new Float64Array(16) // k1 … k4, [4, 4]
  private readonly point = new Float64Array(4)

  constructor(options: ClassicOptions) {
    super(options, ['theta1', 'theta2', 'theta1_dot', 'theta2_dot'])
  }

  takes(action: number): boolean {
    return action === 0 || action === 1 || action === 2
  }

  protected numberOf(action: number): number {
    return action
  }

  advance(s: Float64Array, at: number, action: number, rewards: Float64Array, i: number): boolean {
    this.integrate(s, at, action - 1)
    s[at] = wrap(s[at])
    s[at + 1] = wrap(s[at + 1])
    s[at + 2] = Math.min(Math.max(s[at + 2], -MAX_VELOCITY_1), MAX_VELOCITY_1)
    s[at + 3] = Math.min(Math.max(s[at + 3], -MAX_VELOCITY_2), MAX_VELOCITY_2)
    const terminated = -Math.cos(s[at]) - Math.cos(s[at + 1] + s[at]) > 1
    rewards[i] = terminated ? 0 : -1
    return terminated
  }

  observe(s: Float64Array, at: number, out: Float32Array, to: number): void {
    out[to] = Math.cos(s[at])
    out[to + 1] = Math.sin(s[at])
    out[to + 2] = Math.cos(s[at + 1])
    out[to + 3] = Math.sin(s[at + 1])
    out[to + 4] = s[at + 2]
    out[to + 5] = s[at + 3]
  }

  start(state: Float64Array, at: number, rng: Rng, options: unknown): void {
    const [low, high] = resetBounds(options, -0.1, 0.1)
    for (let k = 0; k < 4; k++) state[at + k] = Math.fround(uniform(rng, low, high))
  }

  protected override canvas(): Canvas {
    return new Canvas(200, 200)
  }

  protected draw(canvas: Canvas, [theta1, theta2]: Float64Array): void {
    const centre = canvas.width / 2
    const scale = canvas.width / 4.4
    const elbow = [centre + scale * Math.sin(theta1), centre + scale * Math.cos(theta1)] as const
    const angle = theta1 + theta2
    const tip = [elbow[0] + scale * Math.sin(angle), elbow[1] + scale * Math.cos(angle)] as const
    canvas.line([0, centre - scale], [canvas.width, centre - scale], 1, BLACK)
    canvas.line([centre, centre], elbow, 8, [0, 204, 204])
    canvas.line(elbow, tip, 8, [0, 204, 204])
    canvas.circle(centre, centre, 4, [204, 204, 0])
    canvas.circle(elbow[0], elbow[1], 4, [204, 204, 0])
  }

  /** One classical Runge-Kutta step. */
  private integrate(y: Float64Array, at: number, torque: number): void {
    const { slopes: k, point } = this
    derivatives(y, at, torque, k, 0)
    for (let stage = 1; stage < 4; stage++) {
      const step = stage === 3 ? DT : DT / 2
      const previous = 4 * (stage - 1)
      for (let i = 0; i < 4; i++) point[i] = y[at + i] + step * k[previous + i]
      derivatives(point, 0, torque, k, 4 * stage)
    }
    for (let i = 0; i < 4; i++) y[at + i] += (DT / 6) * (k[i] + 2 * k[4 + i] + 2 * k[8 + i] + k[12 + i])
  }
}

const DT = 0.2
const MAX_VELOCITY_1 = 4 * Math.PI
const MAX_VELOCITY_2 = 9 * Math.PI
const HIGH = [1, 1, 1, 1, MAX_VELOCITY_1, MAX_VELOCITY_2]
const GRAVITY = 9.8
/** Distance from a link's upper end to its centre of mass; lengths, masses and moments of inertia are 1. */
const CENTRE = 0.5

/** d[θ1, θ2, θ1′, θ2′]/dt of the state at `from` into `out[at …]`; unit constants are left out, everything else in Gymnasium's order. */
function derivatives(
  ...[s, from, torque, out, at]: [Float64Array, number, number, Float64Array, number]
): void {
  const velocity1 = s[from + 2]
  const velocity2 = s[from + 3]
  const cos2 = Math.cos(s[from + 1])
  const sin2 = Math.sin(s[from + 1])
  const d1 = CENTRE * CENTRE + (1 + CENTRE * CENTRE + 2 * CENTRE * cos2) + 1 + 1
  const d2 = CENTRE * CENTRE + CENTRE * cos2 + 1
  const phi2 = CENTRE * GRAVITY * Math.cos(s[from] + s[from + 1] - Math.PI / 2)
  const phi1 =
    -CENTRE * (velocity2 * velocity2) * sin2 -
    2 * CENTRE * velocity2 * velocity1 * sin2 +
    (CENTRE + 1) * GRAVITY * Math.cos(s[from] - Math.PI / 2) +
    phi2
  const acceleration2 =
    (torque + (d2 / d1) * phi1 - CENTRE * (velocity1 * velocity1) * sin2 - phi2) /
    (CENTRE * CENTRE + 1 - (d2 * d2) / d1)
  out[at] = velocity1
  out[at + 1] = velocity2
  out[at + 2] = -(d2 * acceleration2 + phi1) / d1
  out[at + 3] = acceleration2
}

/** Into [−π, π] by whole turns. */
function wrap(angle: number): number {
  let wrapped = angle
  while (wrapped > Math.PI) wrapped -= 2 * Math.PI
  while (wrapped < -Math.PI) wrapped += 2 * Math.PI
  return wrapped
}

import { BLACK, Canvas } from '../../common/canvas.ts'
import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import { Box } from '../spaces.ts'
import { ClassicControl, type ClassicOptions, onlyNumber, uniform } from './control.ts'

/**
 * A pendulum to swing up and hold upright with a torque in [−2, 2] Nm, clipped. Never terminates.
 * State: [θ rad, 0 upright, angular velocity rad/s]; observation: [cos θ, sin θ, angular velocity].
 * Reward: −(θ² + 0.1 θ′² + 0.001 torque²), θ within ±π.
 * Dynamics: gymnasium/envs/classic_control/pendulum.py; the torque's own arithmetic is float32 there, as here.
 */
export class Pendulum extends ClassicControl<Float32Array> {
  readonly observationSpace = new Box([-1, -1, -MAX_SPEED], [1, 1, MAX_SPEED], [3])
  readonly actionSpace = new Box(-MAX_TORQUE, MAX_TORQUE, [1])
  private readonly gravity: number

  /** @param options.g gravity in m/s², default 10 */
  constructor(options: ClassicOptions & { readonly g?: number }) {
    super(options, ['theta', 'theta_dot'])
    this.gravity = options.g ?? 10
  }

  takes(action: number): boolean {
    return Number.isFinite(action)
  }

  protected numberOf(action: Float32Array): number {
    return onlyNumber(action)
  }

  advance(state: Float64Array, at: number, action: number, rewards: Float64Array, i: number): boolean {
    const torque = Math.fround(Math.min(Math.max(action, -MAX_TORQUE), MAX_TORQUE))
    const theta = state[at]
    const angle = wrapped(theta)
    const effort = Math.fround(Math.fround(0.001) * Math.fround(torque * torque))
    const cost = angle * angle + 0.1 * (state[at + 1] * state[at + 1]) + effort
    const push = Math.fround(3 * torque)
    const velocity = state[at + 1] + (((3 * this.gravity) / 2) * Math.sin(theta) + push) * DT
    state[at + 1] = Math.min(Math.max(velocity, -MAX_SPEED), MAX_SPEED)
    state[at] = theta + state[at + 1] * DT
    rewards[i] = -cost
    return false
  }

  observe(state: Float64Array, at: number, out: Float32Array, to: number): void {
    out[to] = Math.cos(state[at])
    out[to + 1] = Math.sin(state[at])
    out[to + 2] = state[at + 1]
  }

  /** Uniform within ±x_init and ±y_init, default π and 1. */
  start(state: Float64Array, at: number, rng: Rng, options: unknown): void {
    const given = (options ?? {}) as { readonly x_init?: unknown; readonly y_init?: unknown }
    const [x, y] = [given.x_init ?? Math.PI, given.y_init ?? 1].map(Number)
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      throw inputError(
        'env.reset-options',
        `reset of ${this.spec.id} takes options { x_init, y_init }, numbers, not ${JSON.stringify(options)}`,
      )
    }
    state[at] = uniform(rng, -x, x)
    state[at + 1] = uniform(rng, -y, y)
  }

  protected override canvas(): Canvas {
    return new Canvas(200, 200)
  }

  protected draw(canvas: Canvas, [theta]: Float64Array): void {
    const centre = canvas.width / 2
    const length = canvas.width / 4.4
    const tip = [centre - length * Math.sin(theta), centre - length * Math.cos(theta)] as const
    canvas.line([centre, centre], tip, 16, [204, 77, 77])
    canvas.circle(centre, centre, 8, [204, 77, 77])
    canvas.circle(tip[0], tip[1], 8, [204, 77, 77])
    canvas.circle(centre, centre, 2, BLACK)
  }
}

const MAX_SPEED = 8
const MAX_TORQUE = 2
const DT = 0.05

/** The angle within [−π, π), as `(x + π) mod 2π − π` with Python's mod, which is never negative. */
function wrapped(angle: number): number {
  const turn = 2 * Math.PI
  const rest = (angle + Math.PI) % turn
  return (rest < 0 ? rest + turn : rest) - Math.PI
}

import { BLACK, Canvas } from '../../common/canvas.ts'
import { inputError } from '../../common/error.ts'
import type { StepResult } from '../env.ts'
import { Box } from '../spaces.ts'
import { ClassicControl, type ClassicOptions, NO_INFO, uniform } from './control.ts'

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

  step(action: Float32Array): StepResult<Float32Array> {
    if (this.over) this.refuseEnded()
    if (action.length !== 1 || !Number.isFinite(action[0])) this.refuseAction(action)
    const torque = Math.fround(Math.min(Math.max(action[0], -MAX_TORQUE), MAX_TORQUE))
    const state = this.values
    const theta = state[0]
    const angle = wrapped(theta)
    const effort = Math.fround(Math.fround(0.001) * Math.fround(torque * torque))
    const cost = angle * angle + 0.1 * (state[1] * state[1]) + effort
    const push = Math.fround(3 * torque)
    const velocity = state[1] + (((3 * this.gravity) / 2) * Math.sin(theta) + push) * DT
    state[1] = Math.min(Math.max(velocity, -MAX_SPEED), MAX_SPEED)
    state[0] = theta + state[1] * DT
    return { observation: this.observe(), reward: -cost, terminated: false, truncated: false, info: NO_INFO }
  }

  protected observe(): Float32Array {
    const observation = new Float32Array(3)
    observation[0] = Math.cos(this.values[0])
    observation[1] = Math.sin(this.values[0])
    observation[2] = this.values[1]
    return observation
  }

  /** Uniform within ±x_init and ±y_init, default π and 1. */
  protected start(options: unknown): void {
    const given = (options ?? {}) as { readonly x_init?: unknown; readonly y_init?: unknown }
    const [x, y] = [given.x_init ?? Math.PI, given.y_init ?? 1].map(Number)
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      throw inputError(
        'env.reset-options',
        `reset of ${this.spec.id} takes options { x_init, y_init }, numbers, not ${JSON.stringify(options)}`,
      )
    }
    this.values[0] = uniform(this.rng, -x, x)
    this.values[1] = uniform(this.rng, -y, y)
  }

  protected override canvas(): Canvas {
    return new Canvas(200, 200)
  }

  protected draw(canvas: Canvas): void {
    const centre = canvas.width / 2
    const length = canvas.width / 4.4
    const theta = this.values[0]
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

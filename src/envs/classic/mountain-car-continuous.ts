import type { Canvas } from '../../common/canvas.ts'
import type { StepResult } from '../env.ts'
import { Box } from '../spaces.ts'
import { ClassicControl, type ClassicOptions, NO_INFO } from './control.ts'
import {
  drawValley,
  MAX_POSITION,
  MAX_SPEED,
  MIN_POSITION,
  startInValley,
  valleySpace,
} from './mountain-car.ts'

/**
 * MountainCar with a force in [−1, 1], clipped. Ends at position 0.45. Observation and state: [position, velocity].
 * Reward: 100 at the goal, minus 0.1 · action² a step.
 * Dynamics: gymnasium/envs/classic_control/continuous_mountain_car.py, whose state is float32 after the first step
 * and whose arithmetic NumPy 2 then does in float32, a clipped force (a Python float) apart.
 */
export class MountainCarContinuous extends ClassicControl<Float32Array> {
  readonly observationSpace = valleySpace()
  readonly actionSpace = new Box(-1, 1, [1])
  private readonly goalVelocity: number

  /** @param options.goalVelocity the least velocity at the goal, default 0 */
  constructor(options: ClassicOptions & { readonly goalVelocity?: number }) {
    super(options, ['position', 'velocity'])
    this.goalVelocity = options.goalVelocity ?? 0
  }

  step(action: Float32Array): StepResult<Float32Array> {
    if (this.over) this.refuseEnded()
    const push = action[0]
    if (action.length !== 1 || !Number.isFinite(push)) this.refuseAction(action)
    // A state that was drawn or set is float64; once stored by a step it is float32, and so is what follows from it.
    const round = isFloat32(this.values) ? Math.fround : identity
    const maxSpeed = round(MAX_SPEED)
    let velocity = round(this.values[1] + round(acceleration(push, round(3 * this.values[0]))))
    velocity = Math.min(Math.max(velocity, -maxSpeed), maxSpeed)
    let position = round(this.values[0] + velocity)
    position = Math.min(Math.max(position, round(MIN_POSITION)), round(MAX_POSITION))
    if (position === round(MIN_POSITION) && velocity < 0) velocity = 0
    const terminated = position >= round(GOAL) && velocity >= this.goalVelocity
    const reward = (terminated ? 100 : 0) - push * push * 0.1
    this.values[0] = Math.fround(position)
    this.values[1] = Math.fround(velocity)
    this.over = terminated
    return { observation: this.observe(), reward, terminated, truncated: false, info: NO_INFO }
  }

  protected observe(): Float32Array {
    return new Float32Array(this.values)
  }

  protected start(options: unknown): void {
    startInValley(this.values, this.rng, options)
  }

  protected draw(canvas: Canvas): void {
    drawValley(canvas, this.values[0], GOAL)
  }
}

const POWER = 0.0015
const GOAL = 0.45

/** `force * power − 0.0025 cos(3 position)`: in float32 for a force that came as float32, float64 for a clipped one. */
function acceleration(push: number, angle: number): number {
  const slope = 0.0025 * Math.cos(angle)
  if (push < -1 || push > 1) return Math.sign(push) * POWER - slope
  return Math.fround(Math.fround(push * Math.fround(POWER)) - Math.fround(slope))
}

function isFloat32(state: Float64Array): boolean {
  return state[0] === Math.fround(state[0]) && state[1] === Math.fround(state[1])
}

function identity(x: number): number {
  return x
}

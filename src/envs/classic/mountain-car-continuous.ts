import { Box } from '../spaces.ts'
import { onlyNumber } from './control.ts'
import { MAX_POSITION, MAX_SPEED, MIN_POSITION, Valley } from './valley.ts'

/**
 * MountainCar with a force in [−1, 1], clipped. Ends at position 0.45. Observation and state: [position, velocity].
 * Reward: 100 at the goal, minus 0.1 · action² a step.
 * Dynamics: gymnasium/envs/classic_control/continuous_mountain_car.py, whose state is float32 after the first step
 * and whose arithmetic NumPy 2 then does in float32, a clipped force (a Python float) apart.
 */
export class MountainCarContinuous extends Valley<Float32Array> {
  readonly actionSpace = new Box(-1, 1, [1])
  protected readonly goal = GOAL

  takes(action: number): boolean {
    return Number.isFinite(action)
  }

  protected numberOf(action: Float32Array): number {
    return onlyNumber(action)
  }

  advance(state: Float64Array, at: number, push: number, rewards: Float64Array, i: number): boolean {
    // A state that was drawn or set is float64; once stored by a step it is float32, and so is what follows from it.
    const round = isFloat32(state[at]) && isFloat32(state[at + 1]) ? Math.fround : identity
    const maxSpeed = round(MAX_SPEED)
    let velocity = round(state[at + 1] + round(acceleration(push, round(3 * state[at]))))
    velocity = Math.min(Math.max(velocity, -maxSpeed), maxSpeed)
    let position = round(state[at] + velocity)
    position = Math.min(Math.max(position, round(MIN_POSITION)), round(MAX_POSITION))
    if (position === round(MIN_POSITION) && velocity < 0) velocity = 0
    const terminated = position >= round(GOAL) && velocity >= this.goalVelocity
    rewards[i] = (terminated ? 100 : 0) - push * push * 0.1
    state[at] = Math.fround(position)
    state[at + 1] = Math.fround(velocity)
    return terminated
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

function isFloat32(x: number): boolean {
  return x === Math.fround(x)
}

function identity(x: number): number {
  return x
}

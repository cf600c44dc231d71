import { Discrete } from '../spaces.ts'
import { MAX_POSITION, MAX_SPEED, MIN_POSITION, Valley } from './valley.ts'

/**
 * An underpowered car in a valley must swing itself up the hill (Moore 1990): push left (0), nothing (1), right (2).
 * Ends at position 0.5. Observation and state: [position, velocity]. Reward: −1 a step.
 * Dynamics: gymnasium/envs/classic_control/mountain_car.py.
 */
export class MountainCar extends Valley<number> {
  readonly actionSpace = new Discrete(3)
  protected readonly goal = GOAL

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
}

const FORCE = 0.001
const GRAVITY = 0.0025
const GOAL = 0.5

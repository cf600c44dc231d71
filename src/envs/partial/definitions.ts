import { CartPole } from '../classic/cart-pole.ts'
import { cartPoleOptions } from '../classic/definitions.ts'
import { defineEnv } from '../definition.ts'
import type { Env } from '../env.ts'
import { Box } from '../spaces.ts'
import { TransformObservation } from '../wrappers/transform-observation.ts'

/** Environments of which one observation doesn't tell enough: for agents with a memory. */
export const partialEnvs = {
  'CartPolePositions-v1': defineEnv({
    description: 'CartPole-v1 without velocities: the cart’s position and the pole’s angle',
    maxEpisodeSteps: 500,
    rewardThreshold: 475,
    renderFps: 50,
    options: cartPoleOptions,
    make: (spec, options) => positionsOf(new CartPole({ spec, ...options })),
  }),
}

/** Position m and angle rad, of [position, velocity, angle, angular velocity]. */
function positionsOf(env: CartPole): Env<unknown, unknown> {
  const { low, high } = env.observationSpace
  const pick = (values: Float32Array) => Float32Array.of(values[0], values[2])
  const space = new Box([...pick(low)], [...pick(high)], [2])
  return new TransformObservation(env, pick, space) as unknown as Env<unknown, unknown>
}

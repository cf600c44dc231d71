import { z } from 'zod'
import { type EnvDefinition, renderMode } from '../definition.ts'
import type { Env, EnvSpec } from '../env.ts'
import { Acrobot } from './acrobot.ts'
import { ClassicBatch } from './batch.ts'
import { CartPole } from './cart-pole.ts'
import type { ClassicControl } from './control.ts'
import { MountainCar } from './mountain-car.ts'
import { MountainCarContinuous } from './mountain-car-continuous.ts'
import { Pendulum } from './pendulum.ts'

const rendering = { renderMode: renderMode.default('rgb') }
/** Of CartPole and what is made of it. */
export const cartPoleOptions = z.strictObject({ ...rendering, suttonBartoReward: z.boolean().default(false) })
const valleyOptions = z.strictObject({ ...rendering, goalVelocity: z.number().default(0) })

/** Gymnasium's classic control; limits and thresholds from gymnasium/envs/__init__.py, frame rates from each file's metadata. */
export const classicEnvs = {
  'CartPole-v0': defineClassic({
    description: 'balance a pole on a cart, 200 steps',
    maxEpisodeSteps: 200,
    rewardThreshold: 195,
    renderFps: 50,
    options: cartPoleOptions,
    make: (spec, options) => new CartPole({ spec, ...options }),
  }),
  'CartPole-v1': defineClassic({
    description: 'balance a pole on a cart, 500 steps',
    maxEpisodeSteps: 500,
    rewardThreshold: 475,
    renderFps: 50,
    options: cartPoleOptions,
    make: (spec, options) => new CartPole({ spec, ...options }),
  }),
  'MountainCar-v0': defineClassic({
    description: 'swing an underpowered car out of a valley',
    maxEpisodeSteps: 200,
    rewardThreshold: -110,
    renderFps: 30,
    options: valleyOptions,
    make: (spec, options) => new MountainCar({ spec, ...options }),
  }),
  'MountainCarContinuous-v0': defineClassic({
    description: 'the same with a continuous force, which costs',
    maxEpisodeSteps: 999,
    rewardThreshold: 90,
    renderFps: 30,
    options: valleyOptions,
    make: (spec, options) => new MountainCarContinuous({ spec, ...options }),
  }),
  'Acrobot-v1': defineClassic({
    description: 'swing up a double pendulum by its middle joint',
    maxEpisodeSteps: 500,
    rewardThreshold: -100,
    renderFps: 15,
    options: z.strictObject(rendering),
    make: (spec, options) => new Acrobot({ spec, ...options }),
  }),
  'Pendulum-v1': defineClassic({
    description: 'swing up a pendulum and hold it, continuous torque',
    maxEpisodeSteps: 200,
    renderFps: 30,
    options: z.strictObject({ ...rendering, g: z.number().default(10) }),
    make: (spec, options) => new Pendulum({ spec, ...options }),
  }),
}

interface ClassicDefinition<S extends z.ZodType> extends Omit<EnvDefinition<S>, 'make' | 'batch'> {
  make(spec: EnvSpec, options: z.output<S>): ClassicControl<number> | ClassicControl<Float32Array>
}

/** Several of them share their arrays. */
function defineClassic<S extends z.ZodType>(definition: ClassicDefinition<S>): EnvDefinition<S> {
  const { make, ...facts } = definition
  return {
    ...facts,
    make: (spec, options) => make(spec, options) as Env<unknown, unknown>,
    batch: (spec, options, { size, maxEpisodeSteps }) =>
      new ClassicBatch(make(spec, options), size, maxEpisodeSteps),
  }
}

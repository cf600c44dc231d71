import { inputError } from '../../common/error.ts'
import { unknownName } from '../../common/suggest.ts'
import type { Env } from '../env.ts'
import { ClipAction } from './clip-action.ts'
import { FlattenObservation } from './flatten-observation.ts'
import { FrameStackObservation } from './frame-stack-observation.ts'
import { PassiveChecker } from './passive-checker.ts'
import { GrayscaleObservation, ResizeObservation } from './picture-observations.ts'
import { RescaleAction } from './rescale-action.ts'
import { TimeAwareObservation } from './time-aware-observation.ts'
import { TimeLimit } from './time-limit.ts'

type AnyEnv = Env<unknown, unknown>
type Boxed = Env<Float32Array, Float32Array>

interface NamedWrapper {
  readonly description: string
  /** What stands after the `=`, numbers with an x between them; how many there are. */
  readonly takes: number
  wrap(env: Boxed, ...values: number[]): object
}

/** What `--wrapper NAME` and `--wrapper NAME=VALUE` put around an environment. */
export const WRAPPERS: Readonly<Record<string, NamedWrapper>> = {
  'time-aware': {
    description: 'the steps of the episode over its limit, as one more element of a Box observation',
    takes: 0,
    wrap: env => new TimeAwareObservation(env, { normalize: true }),
  },
  'frame-stack': {
    description: 'the last N observations as one: frame-stack=4',
    takes: 1,
    wrap: (env, count) => new FrameStackObservation(env, count),
  },
  flatten: {
    description: 'observations of any space as one vector',
    takes: 0,
    wrap: env => new FlattenObservation(env),
  },
  grayscale: {
    description: 'pictures in shades of grey',
    takes: 0,
    wrap: env => new GrayscaleObservation(env),
  },
  resize: {
    description: 'smaller pictures, height and width: resize=84x84',
    takes: 2,
    wrap: (env, height, width) => new ResizeObservation(env, [height, width]),
  },
  'rescale-action': {
    description: 'actions within [-1, 1], brought to the bounds of a Box',
    takes: 0,
    wrap: env => new RescaleAction(env),
  },
  'clip-action': {
    description: 'any real actions, clipped into a Box',
    takes: 0,
    wrap: env => new ClipAction(env),
  },
  'time-limit': {
    description: 'episodes of at most N steps: time-limit=200',
    takes: 1,
    wrap: (env, steps) => new TimeLimit(env, steps),
  },
  'passive-checker': {
    description: 'refuses at once what breaks the contract of Env',
    takes: 0,
    wrap: env => new PassiveChecker(env),
  },
}

/**
 * The environment inside wrappers by name, the first innermost.
 * @throws input error for a name that isn't known, a value that isn't its, or an environment that it doesn't fit
 */
export function wrapped(env: AnyEnv, names: readonly string[]): AnyEnv {
  return names.reduce<AnyEnv>((inner, given) => {
    const [name, text] = given.split('=', 2)
    if (!Object.hasOwn(WRAPPERS, name)) throw unknownName('wrapper', name, Object.keys(WRAPPERS))
    const { takes, wrap, description } = WRAPPERS[name]
    const values = text === undefined ? [] : text.split('x').map(Number)
    if (values.length !== takes || values.some(Number.isNaN))
      throw inputError('env.wrapper', `the wrapper '${given}' can't be made: ${name} is ${description}`)
    return wrap(inner as Boxed, ...values) as AnyEnv
  }, env)
}

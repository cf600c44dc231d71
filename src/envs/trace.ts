import { inputError } from '../common/error.ts'
import type { Env } from './env.ts'
import { Box, type Dtype, MultiBinary, type NumbersOf } from './spaces.ts'
import { unwrapped } from './wrappers/wrapper.ts'

/** One step of a trace, JSON-safe. */
export interface TraceStep {
  readonly observation: unknown
  readonly reward: number
  readonly terminated: boolean
  readonly truncated: boolean
}

/**
 * Sets an environment to a state and yields its steps until the actions or the episode end; a time limit counts from
 * the state.
 * @param request.state what Gymnasium's `env.unwrapped.state` holds; where left out, the seeded reset's
 * @param request.actions JSON forms: numbers for Discrete, arrays for the others (a Box of one takes a number too);
 *   Box actions out of bounds go to the environment as they are
 * @throws input error when the environment has no state to set, or the state or an action isn't one
 */
export async function* trace(
  env: Env<unknown, unknown>,
  request: { readonly state?: unknown; readonly actions: readonly unknown[]; readonly seed?: number },
): AsyncGenerator<TraceStep> {
  const actions = request.actions.map((action, index) => actionOf(env, action, index))
  await env.reset({ seed: request.seed ?? 0 })
  if (request.state !== undefined) setState(env, request.state)
  for (const action of actions) {
    const { observation, reward, terminated, truncated } = await env.step(action)
    yield { observation: plain(observation), reward, terminated, truncated }
    if (terminated || truncated) return
  }
}

function setState(env: Env<unknown, unknown>, state: unknown): void {
  const inner = unwrapped(env)
  if (!('state' in inner)) {
    throw inputError('env.state', `${env.spec.id} has no state that can be set: leave the state out`)
  }
  inner.state = state
}

function actionOf(env: Env<unknown, unknown>, action: unknown, index: number): unknown {
  const { actionSpace } = env
  const value = parse(actionSpace, action)
  const valid =
    actionSpace instanceof Box
      ? isNumbers(value) && value.length === actionSpace.flatSize && value.every(Number.isFinite)
      : actionSpace.contains(value)
  if (valid) return value
  throw inputError(
    'env.action',
    `action ${index} of ${env.spec.id} is ${JSON.stringify(action)}, and must be in ${JSON.stringify(actionSpace)}`,
  )
}

function parse(space: Env<unknown, unknown>['actionSpace'], action: unknown): unknown {
  const numbers = typeof action === 'number' ? [action] : action
  const areNumbers = Array.isArray(numbers) && numbers.every(x => typeof x === 'number')
  if (space instanceof Box) return areNumbers ? space.array(numbers) : undefined
  if (space instanceof MultiBinary) return areNumbers ? Uint8Array.from(numbers) : undefined
  return action
}

function isNumbers(value: unknown): value is NumbersOf[Dtype] {
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
}

/** Typed arrays as arrays, at any depth. */
function plain(value: unknown): unknown {
  if (isNumbers(value)) return [...value]
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]))
}

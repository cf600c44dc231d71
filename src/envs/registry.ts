import { isPromise } from 'node:util/types'
import { z } from 'zod'
import { inputError } from '../common/error.ts'
import { nearest, unknownName } from '../common/suggest.ts'
import type { BatchEnv } from './batch/batch-env.ts'
import { classicEnvs } from './classic/definitions.ts'
import type { EnvDefinition } from './definition.ts'
import type { Env, EnvSpec, MaybePromise } from './env.ts'
import { exactEnvs } from './exact/definitions.ts'
import { partialEnvs } from './partial/definitions.ts'
import { toyTextEnvs } from './toy-text/definitions.ts'
import { TimeLimit } from './wrappers/time-limit.ts'

/** Options of `makeEnv`: the environment's own, and the time limit (null: none). */
export type EnvOptions = Readonly<Record<string, unknown>> & { readonly maxEpisodeSteps?: number | null }

const registry = new Map<string, EnvDefinition>(
  Object.entries({ ...classicEnvs, ...exactEnvs, ...partialEnvs, ...toyTextEnvs }),
)

/**
 * Makes an environment by its id, wrapped in its time limit: `makeEnv('CartPole-v1')`. Without a version,
 * `makeEnv('CartPole')`, the newest one; `env.spec.id` says which.
 * @throws input error when there's no such id (with the near name, or the versions that there are), or an option
 *   isn't one
 */
export function makeEnv<O = unknown, A = unknown>(id: string, options: EnvOptions = {}): Env<O, A> {
  const { made, finish } = begin<O, A>(id, options)
  if (!isPromise(made)) return finish(made)
  // What was begun is not left open.
  made.then(env => env.close?.()).catch(() => undefined)
  throw inputError('env.async', `${id} has things to load before it is there: await makeEnvAsync('${id}')`)
}

/**
 * `makeEnv` for every environment, those too that have things to load first, as `layergym/FineTune-v0`.
 * @throws as `makeEnv`, and what loading throws
 */
export async function makeEnvAsync<O = unknown, A = unknown>(
  id: string,
  options: EnvOptions = {},
): Promise<Env<O, A>> {
  const { made, finish } = begin<O, A>(id, options)
  return finish(await made)
}

/**
 * `makeEnvAsync` of a definition that isn't registered.
 * @param id what its spec is to say
 * @throws input error when an option isn't one, and what loading throws
 */
export async function makeDefined(
  id: string,
  definition: EnvDefinition,
  options: EnvOptions = {},
): Promise<Env<unknown, unknown>> {
  const { made, finish } = beginDefined<unknown, unknown>(id, definition, options)
  return finish(await made)
}

/**
 * Several environments of an id that share their arrays; undefined where it has no such form.
 * @throws as `makeEnv`; input error where `size` is no integer >= 1
 */
export function makeBatchEnv(id: string, size: number, options: EnvOptions = {}): BatchEnv | undefined {
  const [name, definition] = find(id)
  const { maxEpisodeSteps = definition.maxEpisodeSteps ?? null, ...own } = options
  const parsed = parseOptions(name, definition, own)
  return definition.batch?.(specOf(name, definition), parsed, { size, maxEpisodeSteps })
}

function begin<O, A>(id: string, options: EnvOptions) {
  const [name, definition] = find(id)
  return beginDefined<O, A>(name, definition, options)
}

function beginDefined<O, A>(name: string, definition: EnvDefinition, options: EnvOptions) {
  const { maxEpisodeSteps = definition.maxEpisodeSteps ?? null, ...own } = options
  const made = definition.make(specOf(name, definition), parseOptions(name, definition, own))
  return {
    made: made as MaybePromise<Env<O, A>>,
    finish: (env: Env<O, A>) => (maxEpisodeSteps === null ? env : new TimeLimit(env, maxEpisodeSteps)),
  }
}

/**
 * Adds an environment under `Name-vN` (or `namespace/Name-vN`); a changed environment gets a new version.
 * @throws input error when the id has another form or is taken
 */
export function registerEnv(id: string, definition: EnvDefinition): void {
  if (versionOf(id) === undefined) {
    throw inputError(
      'env.id',
      `'${id}' is no environment id: write Name-vN or namespace/Name-vN, as in Corridor-v0`,
    )
  }
  if (registry.has(id)) {
    throw inputError('env.registered', `'${id}' is registered already: give yours another name or version`)
  }
  registry.set(id, definition)
}

/** Everything that `makeEnv` knows, by id, in the order of registration. */
export function registeredEnvs(): readonly (readonly [string, EnvDefinition])[] {
  return [...registry]
}

function find(id: string): readonly [string, EnvDefinition] {
  const definition = registry.get(id)
  if (definition !== undefined) return [id, definition]
  const asked = versionOf(id)
  const versions = [...registry.keys()]
    .filter(known => versionOf(known)?.name === (asked?.name ?? id))
    .sort((a, b) => (versionOf(a)?.version ?? 0) - (versionOf(b)?.version ?? 0))
  if (versions.length === 0) throw unknownName('env', id, registry.keys())
  if (asked !== undefined) {
    throw inputError('env.version', `there is no version ${id}; there is ${versions.join(', ')}`)
  }
  return find(versions[versions.length - 1])
}

function versionOf(id: string): { readonly name: string; readonly version: number } | undefined {
  const match = /^((?:[\w:.-]+\/)?[\w:.-]+)-v(\d+)$/.exec(id)
  return match === null ? undefined : { name: match[1], version: Number(match[2]) }
}

function specOf(id: string, definition: EnvDefinition): EnvSpec {
  const { maxEpisodeSteps, rewardThreshold, renderFps, nondeterministic, heavy } = definition
  return {
    id,
    ...(maxEpisodeSteps === undefined ? {} : { maxEpisodeSteps }),
    ...(rewardThreshold === undefined ? {} : { rewardThreshold }),
    ...(renderFps === undefined ? {} : { renderFps }),
    ...(nondeterministic === undefined ? {} : { nondeterministic }),
    ...(heavy === undefined ? {} : { heavy }),
  }
}

function parseOptions(
  id: string,
  definition: EnvDefinition,
  given: Readonly<Record<string, unknown>>,
): unknown {
  const result = definition.options.safeParse(given)
  if (result.success) return result.data
  const [issue] = result.error.issues
  if (issue.code === 'unrecognized_keys' && definition.options instanceof z.ZodObject) {
    const known = ['maxEpisodeSteps', ...Object.keys(definition.options.shape)]
    const near = nearest(issue.keys[0], known)
    const hint = near === undefined ? '' : `: did you mean '${near}'?`
    throw inputError(
      'env.option',
      `${id} has no option '${issue.keys[0]}'${hint} (known: ${known.join(', ')})`,
    )
  }
  const key = issue.path.join('.')
  throw inputError('env.option', `option '${key}' of ${id}: ${issue.message}`)
}

import { isPromise } from 'node:util/types'
import { inputError } from '../common/error.ts'
import type { BatchEnv } from './batch/batch-env.ts'
import { beginRows, stepRows } from './batch/rows.ts'
import type { Env, Info, Mask, MaybePromise, ResetResult, Snapshot, Space, StepResult } from './env.ts'
import { whenDone } from './wrappers/wrapper.ts'

/**
 * When an ended episode gives way to the next one (Gymnasium's AutoresetMode):
 * - `next-step`: the step after the end ignores its action and starts the episode: reward 0, no flags.
 * - `same-step`: the step that ends already returns the next episode's first observation.
 * - `disabled`: the caller resets what ended, `reset({ mask })`.
 */
export type AutoresetMode = 'next-step' | 'same-step' | 'disabled'

export const autoresetModes: readonly AutoresetMode[] = ['next-step', 'same-step', 'disabled']

/** What a reset of several environments gives, one entry an environment. */
export interface VectorReset<O> {
  /** One an environment; those that a mask left out have their latest. */
  readonly observations: readonly O[]
  readonly infos: readonly Info[]
}

/** Where an episode ended, `infos[i]` has `finalObservation` in every mode, and `finalInfo` in `same-step` mode. */
export interface VectorStep<O> extends VectorReset<O> {
  readonly rewards: Float64Array
  /** 1 where the episode terminated. */
  readonly terminated: Uint8Array
  /** 1 where the episode was truncated. */
  readonly truncated: Uint8Array
}

export interface VectorResetOptions {
  /** One a sub-environment; or a number s, for s, s + 1, s + 2 … */
  readonly seed?: number | readonly (number | undefined)[]
  readonly options?: unknown
  /** 1 for those to reset; all where left out. */
  readonly mask?: Uint8Array
}

/** N environments that step together; synchronous as long as they are, and faster where they are a `BatchEnv`. */
export class VectorEnv<O, A> {
  /** None where they are a `BatchEnv`. */
  readonly envs: readonly Env<O, A>[]
  readonly size: number
  /** Of one sub-environment. */
  readonly observationSpace: Space<O>
  readonly actionSpace: Space<A>
  private readonly batch: BatchEnv | undefined
  private observations: readonly O[]
  /** 0 where an episode runs, 1 where it has ended, 2 where there was none yet. */
  private readonly ended: Uint8Array

  /**
   * @param given environments, or a `BatchEnv`, whose observations are then `O` and its actions `A`
   * @throws input error when there is no environment, or two differ in their spaces
   */
  constructor(
    given: readonly Env<O, A>[] | BatchEnv,
    readonly autoreset: AutoresetMode = 'next-step',
  ) {
    const isBatch = 'rewards' in given
    this.batch = isBatch ? given : undefined
    this.envs = isBatch ? [] : given
    const { size, spaces } = isBatch ? { size: given.size, spaces: given } : alike(given)
    this.size = size
    this.observationSpace = spaces.observationSpace as Space<O>
    this.actionSpace = spaces.actionSpace as Space<A>
    this.observations = new Array<O>(this.size)
    this.ended = new Uint8Array(this.size).fill(2)
  }

  /** @throws input error when seeds or mask have another length than `size` */
  reset({ seed, options, mask }: VectorResetOptions = {}): MaybePromise<VectorReset<O>> {
    if (typeof seed === 'object') this.checkLength('seeds', seed.length)
    if (mask) this.checkLength('mask', mask.length)
    if (this.batch !== undefined) return this.resetBatch(this.batch, { seed, options, mask })
    const results = this.envs.map((env, i) => {
      if (mask && mask[i] === 0) return undefined
      const own = seedOf(seed, i)
      return env.reset({ ...(own === undefined ? {} : { seed: own }), options })
    })
    return allDone(results, done => {
      const observations = this.observations.slice()
      this.observations = observations
      for (const [i, result] of done.entries()) if (result) this.begin(observations, i, result)
      return { observations, infos: done.map(result => result?.info ?? {}) }
    })
  }

  /** @throws input error when actions are not one an environment, or an ended environment was not reset */
  step(actions: readonly A[]): MaybePromise<VectorStep<O>> {
    this.checkLength('actions', actions.length)
    const idle = this.ended.findIndex(state => state === 2 || (state === 1 && this.autoreset !== 'next-step'))
    if (idle >= 0) {
      throw inputError(
        'vector.ended',
        `environment ${idle} has no episode: call reset(), or reset({ mask }) for those that ended`,
      )
    }
    if (this.batch !== undefined) return this.stepBatch(this.batch, actions)
    const results = new Array<MaybePromise<ResetResult<O> | StepResult<O>>>(this.size)
    for (let i = 0; i < this.size; i++) {
      results[i] = this.ended[i] === 1 ? this.envs[i].reset() : this.envs[i].step(actions[i])
    }
    return allDone(results, done => this.collect(done))
  }

  /** Allowed actions of each; undefined where all are, or where no episode runs. */
  actionMasks(): readonly (Mask | undefined)[] {
    if (this.batch !== undefined) return new Array<undefined>(this.size).fill(undefined)
    return this.envs.map((env, i) => (this.ended[i] === 0 ? env.actionMask?.() : undefined))
  }

  /** @throws input error when an environment has no snapshots */
  snapshot(): MaybePromise<Snapshot> {
    const { batch } = this
    const inner: readonly MaybePromise<Snapshot>[] = batch
      ? [batch.snapshot()]
      : this.envs.map(env => {
          if (env.snapshot) return env.snapshot()
          throw inputError('vector.snapshot', `${env.spec.id} has no snapshot()`)
        })
    const [ended, observations] = [this.ended.slice(), structuredClone(this.observations)]
    return allDone(inner, envs => ({ envs, ended, observations }) satisfies Saved<O>)
  }

  restore(snapshot: Snapshot): MaybePromise<void> {
    const { envs, ended, observations } = snapshot as Saved<O>
    this.ended.set(ended)
    this.observations = structuredClone(observations)
    if (this.batch !== undefined) return this.batch.restore(envs[0])
    return allDone(
      this.envs.map((env, i) => env.restore?.(envs[i])),
      () => undefined,
    )
  }

  close(): MaybePromise<void> {
    if (this.batch !== undefined) return this.batch.close?.()
    return allDone(
      this.envs.map(env => env.close?.()),
      () => undefined,
    )
  }

  private resetBatch(batch: BatchEnv, { seed, options, mask }: VectorResetOptions): VectorReset<O> {
    for (let i = 0; i < this.size; i++) {
      if (mask && mask[i] === 0) continue
      batch.reset(i, seedOf(seed, i), options)
      this.ended[i] = 0
    }
    const { rows, infos } = beginRows(batch)
    this.observations = rows as unknown[] as O[]
    return { observations: this.observations, infos }
  }

  private stepBatch(batch: BatchEnv, actions: readonly A[]): VectorStep<O> {
    const { rows, ...step } = stepRows(batch, actions, this.ended, this.autoreset)
    this.observations = rows as unknown[] as O[]
    return { observations: this.observations, ...step }
  }

  private collect(results: readonly (ResetResult<O> | StepResult<O>)[]): MaybePromise<VectorStep<O>> {
    const rewards = new Float64Array(this.size)
    const terminated = new Uint8Array(this.size)
    const truncated = new Uint8Array(this.size)
    const infos = new Array<Info>(this.size)
    const resets: MaybePromise<void>[] = []
    const observations = new Array<O>(this.size)
    this.observations = observations
    for (let i = 0; i < this.size; i++) {
      const result = results[i]
      observations[i] = result.observation
      infos[i] = result.info
      this.ended[i] = 0
      if (!('reward' in result)) continue
      rewards[i] = result.reward
      if (result.terminated) terminated[i] = 1
      if (result.truncated) truncated[i] = 1
      if (!result.terminated && !result.truncated) continue
      this.ended[i] = 1
      infos[i] = { ...result.info, finalObservation: result.observation }
      if (this.autoreset !== 'same-step') continue
      resets.push(
        whenDone(this.envs[i].reset(), next => {
          this.begin(observations, i, next)
          infos[i] = { ...next.info, finalObservation: result.observation, finalInfo: result.info }
        }),
      )
    }
    return allDone(resets, () => ({ observations, rewards, terminated, truncated, infos }))
  }

  private begin(observations: O[], i: number, result: ResetResult<O>): void {
    observations[i] = result.observation
    this.ended[i] = 0
  }

  private checkLength(what: string, length: number): void {
    if (length === this.size) return
    throw inputError('vector.length', `${what}: one an environment, ${this.size}, not ${length}`)
  }
}

interface Saved<O> {
  readonly envs: readonly Snapshot[]
  readonly ended: Uint8Array
  readonly observations: readonly O[]
}

/** @throws input error when there is none, or two differ in their spaces */
function alike<O, A>(envs: readonly Env<O, A>[]) {
  if (envs.length === 0) throw inputError('vector.empty', 'a VectorEnv takes at least one environment')
  for (const [i, env] of envs.entries()) {
    for (const name of ['observationSpace', 'actionSpace'] as const) {
      const [first, other] = [envs[0], env].map(each => JSON.stringify(each[name]))
      if (first === other) continue
      throw inputError('vector.spaces', `environments 0 and ${i} differ in ${name}: ${first} and ${other}`)
    }
  }
  return { size: envs.length, spaces: envs[0] }
}

function seedOf(seed: VectorResetOptions['seed'], i: number): number | undefined {
  return typeof seed === 'number' ? seed + i : seed?.[i]
}

/** `use` of all values, now or when the last promise has its value. */
function allDone<T, R>(
  values: readonly MaybePromise<T>[],
  use: (values: readonly T[]) => MaybePromise<R>,
): MaybePromise<R> {
  return values.some(isPromise) ? Promise.all(values).then(use) : use(values as readonly T[])
}

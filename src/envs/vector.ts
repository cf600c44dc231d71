import { isPromise } from 'node:util/types'
import { inputError } from '../common/error.ts'
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

/** N environments that step together; synchronous as long as they are. */
export class VectorEnv<O, A> {
  readonly size: number
  /** Of one sub-environment. */
  readonly observationSpace: Space<O>
  readonly actionSpace: Space<A>
  private observations: O[]
  /** 0 where an episode runs, 1 where it has ended, 2 where there was none yet. */
  private readonly ended: Uint8Array

  /** @throws input error when there is no environment, or two differ in their spaces */
  constructor(
    readonly envs: readonly Env<O, A>[],
    readonly autoreset: AutoresetMode = 'next-step',
  ) {
    if (envs.length === 0) throw inputError('vector.empty', 'a VectorEnv takes at least one environment')
    this.size = envs.length
    this.observationSpace = envs[0].observationSpace
    this.actionSpace = envs[0].actionSpace
    for (const [i, env] of envs.entries()) {
      for (const name of ['observationSpace', 'actionSpace'] as const) {
        const [first, other] = [envs[0], env].map(each => JSON.stringify(each[name]))
        if (first === other) continue
        throw inputError('vector.spaces', `environments 0 and ${i} differ in ${name}: ${first} and ${other}`)
      }
    }
    this.observations = new Array<O>(this.size)
    this.ended = new Uint8Array(this.size).fill(2)
  }

  /** @throws input error when seeds or mask have another length than `size` */
  reset({ seed, options, mask }: VectorResetOptions = {}): MaybePromise<VectorReset<O>> {
    if (typeof seed === 'object') this.checkLength('seeds', seed.length)
    if (mask) this.checkLength('mask', mask.length)
    const results = this.envs.map((env, i) => {
      if (mask && mask[i] === 0) return undefined
      const own = typeof seed === 'number' ? seed + i : seed?.[i]
      return env.reset({ ...(own === undefined ? {} : { seed: own }), options })
    })
    return allDone(results, done => {
      this.observations = this.observations.slice()
      for (const [i, result] of done.entries()) if (result) this.begin(i, result)
      return { observations: this.observations, infos: done.map(result => result?.info ?? {}) }
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
    const results = new Array<MaybePromise<ResetResult<O> | StepResult<O>>>(this.size)
    for (let i = 0; i < this.size; i++) {
      results[i] = this.ended[i] === 1 ? this.envs[i].reset() : this.envs[i].step(actions[i])
    }
    return allDone(results, done => this.collect(done))
  }

  /** Allowed actions of each; undefined where all are, or where no episode runs. */
  actionMasks(): readonly (Mask | undefined)[] {
    return this.envs.map((env, i) => (this.ended[i] === 0 ? env.actionMask?.() : undefined))
  }

  /** @throws input error when an environment has no snapshots */
  snapshot(): MaybePromise<Snapshot> {
    const inner = this.envs.map(env => {
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
    return allDone(
      this.envs.map((env, i) => env.restore?.(envs[i])),
      () => undefined,
    )
  }

  close(): MaybePromise<void> {
    return allDone(
      this.envs.map(env => env.close?.()),
      () => undefined,
    )
  }

  private collect(results: readonly (ResetResult<O> | StepResult<O>)[]): MaybePromise<VectorStep<O>> {
    const rewards = new Float64Array(this.size)
    const terminated = new Uint8Array(this.size)
    const truncated = new Uint8Array(this.size)
    const infos = new Array<Info>(this.size)
    const resets: MaybePromise<void>[] = []
    this.observations = new Array<O>(this.size)
    for (let i = 0; i < this.size; i++) {
      const result = results[i]
      this.observations[i] = result.observation
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
          this.begin(i, next)
          infos[i] = { ...next.info, finalObservation: result.observation, finalInfo: result.info }
        }),
      )
    }
    const { observations } = this
    return allDone(resets, () => ({ observations, rewards, terminated, truncated, infos }))
  }

  private begin(i: number, result: ResetResult<O>): void {
    this.observations[i] = result.observation
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
  readonly observations: O[]
}

/** `use` of all values, now or when the last promise has its value. */
function allDone<T, R>(
  values: readonly MaybePromise<T>[],
  use: (values: readonly T[]) => MaybePromise<R>,
): MaybePromise<R> {
  return values.some(isPromise) ? Promise.all(values).then(use) : use(values as readonly T[])
}

import { inputError } from '../../common/error.ts'
import { Rng, type RngState } from '../../common/random.ts'
import type { BatchActions, BatchEnv } from '../batch/batch-env.ts'
import type { EnvSpec, Snapshot } from '../env.ts'
import type { ClassicControl } from './control.ts'

/** Several of one of the classic control problems, by the dynamics of the single one. */
export class ClassicBatch implements BatchEnv {
  readonly spec: EnvSpec
  readonly observationSpace: BatchEnv['observationSpace']
  readonly actionSpace: BatchEnv['actionSpace']
  readonly observations: Float32Array
  readonly rewards: Float64Array
  readonly terminated: Uint8Array
  readonly truncated: Uint8Array
  /** [size, numbers of a state] */
  private readonly states: Float64Array
  /** Steps of each one's episode. */
  private readonly elapsed: Int32Array
  /** 1 where none has begun. */
  private readonly idle: Uint8Array
  private rngs: Rng[]
  private readonly limit: number

  /** @param model has the dynamics; its own state stays as it is */
  constructor(
    private readonly model: ClassicControl<number> | ClassicControl<Float32Array>,
    readonly size: number,
    maxEpisodeSteps: number | null,
  ) {
    if (!Number.isInteger(size) || size < 1)
      throw inputError('batch.size', `a batch has an integer >= 1 of environments, not ${size}`)
    this.limit = maxEpisodeSteps ?? Number.POSITIVE_INFINITY
    this.spec = { ...model.spec, ...(maxEpisodeSteps !== null && { maxEpisodeSteps }) }
    this.observationSpace = model.observationSpace
    this.actionSpace = model.actionSpace as BatchEnv['actionSpace']
    this.observations = new Float32Array(size * model.observationSpace.flatSize)
    this.rewards = new Float64Array(size)
    this.terminated = new Uint8Array(size)
    this.truncated = new Uint8Array(size)
    this.states = new Float64Array(size * model.numbers)
    this.elapsed = new Int32Array(size)
    this.idle = new Uint8Array(size).fill(1)
    this.rngs = Array.from({ length: size }, () => Rng.of(0, this.spec.id))
  }

  reset(index: number, seed?: number, options?: unknown): void {
    const { model, states } = this
    if (seed !== undefined) this.rngs[index] = Rng.of(seed, this.spec.id)
    model.start(states, index * model.numbers, this.rngs[index], options)
    model.observe(states, index * model.numbers, this.observations, index * this.observationSpace.flatSize)
    this.elapsed[index] = 0
    this.idle[index] = 0
    this.rewards[index] = 0
    this.terminated[index] = 0
    this.truncated[index] = 0
  }

  step(actions: BatchActions, skipped?: Uint8Array): void {
    this.refuse(actions, skipped)
    const { model, size, states, observations, rewards, terminated, truncated, elapsed, limit } = this
    const { numbers } = model
    const width = this.observationSpace.flatSize
    for (let i = 0; i < size; i++) {
      if (skipped !== undefined && skipped[i] === 1) {
        rewards[i] = 0
        terminated[i] = 0
        truncated[i] = 0
        continue
      }
      terminated[i] = model.advance(states, i * numbers, actions[i], rewards, i) ? 1 : 0
      truncated[i] = ++elapsed[i] >= limit ? 1 : 0
      model.observe(states, i * numbers, observations, i * width)
      if (terminated[i] === 1 || truncated[i] === 1) this.idle[i] = 1
    }
  }

  private refuse(actions: BatchActions, skipped: Uint8Array | undefined): void {
    const { size, model, idle } = this
    if (actions.length !== size)
      throw inputError('batch.actions', `actions: one an environment, ${size}, not ${actions.length}`)
    for (let i = 0; i < size; i++) {
      if (skipped !== undefined && skipped[i] === 1) continue
      if (idle[i] === 1)
        throw inputError(
          'env.ended',
          `environment ${i} of ${this.spec.id} has no episode: reset(${i}) before step()`,
        )
      if (!model.takes(actions[i])) model.refuseAction(actions[i])
    }
  }

  snapshot(): Snapshot {
    const { states, observations, rewards, terminated, truncated, elapsed, idle } = this
    const arrays = { states, observations, rewards, terminated, truncated, elapsed, idle }
    const saved: Saved = { arrays: structuredClone(arrays), rngs: this.rngs.map(rng => rng.state()) }
    return saved
  }

  restore(snapshot: Snapshot): void {
    const { arrays, rngs } = snapshot as Saved
    this.states.set(arrays.states)
    this.observations.set(arrays.observations)
    this.rewards.set(arrays.rewards)
    this.terminated.set(arrays.terminated)
    this.truncated.set(arrays.truncated)
    this.elapsed.set(arrays.elapsed)
    this.idle.set(arrays.idle)
    this.rngs = rngs.map(state => Rng.restore(state))
  }
}

interface Saved {
  readonly arrays: Readonly<
    Record<
      'states' | 'observations' | 'rewards' | 'terminated' | 'truncated' | 'elapsed' | 'idle',
      ArrayLike<number>
    >
  >
  readonly rngs: readonly RngState[]
}

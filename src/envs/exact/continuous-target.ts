import { inputError } from '../../common/error.ts'
import { Rng, type RngState } from '../../common/random.ts'
import type { Env, EnvSpec, ResetResult, Snapshot, StepResult } from '../env.ts'
import { Box } from '../spaces.ts'

/**
 * Name the point that is shown: observation a target in [−1, 1]^size, drawn anew every step, action a point, reward
 * −‖action − target‖². Optimum 0 a step; the best constant action gets −size/3.
 */
export class ContinuousTarget implements Env<Float32Array, Float32Array> {
  readonly observationSpace: Box
  readonly actionSpace: Box
  private rng: Rng
  private target: Float32Array
  private started = false

  constructor(
    readonly spec: EnvSpec,
    readonly size: number,
  ) {
    this.observationSpace = new Box(-1, 1, [size])
    this.actionSpace = new Box(-1, 1, [size])
    this.rng = Rng.of(0, spec.id)
    this.target = new Float32Array(size)
  }

  get state(): readonly number[] {
    return [...this.target]
  }

  /** @throws input error unless it is a point in [−1, 1]^size */
  set state(state: readonly number[]) {
    const target = Array.isArray(state) ? Float32Array.from(state) : undefined
    if (!this.observationSpace.contains(target)) {
      throw inputError(
        'env.state',
        `the state of ${this.spec.id} is ${this.size} numbers in [-1, 1], not ${JSON.stringify(state)}`,
      )
    }
    this.target = target
    this.started = true
  }

  reset(options?: { seed?: number; options?: unknown }): ResetResult<Float32Array> {
    if (options?.seed !== undefined) this.rng = Rng.of(options.seed, this.spec.id)
    this.target = this.observationSpace.sample(this.rng)
    this.started = true
    return { observation: this.target.slice(), info: {} }
  }

  step(action: Float32Array): StepResult<Float32Array> {
    if (!this.started)
      throw inputError('env.ended', `${this.spec.id} has not begun: call reset() before step()`)
    if (action.length !== this.size || !action.every(Number.isFinite)) {
      throw inputError(
        'env.action',
        `${this.spec.id} takes actions of ${JSON.stringify(this.actionSpace)}, not [${action.join(', ')}]`,
      )
    }
    const reward = -this.target.reduce((sum, x, i) => sum + (action[i] - x) ** 2, 0)
    this.target = this.observationSpace.sample(this.rng)
    return { observation: this.target.slice(), reward, terminated: false, truncated: false, info: {} }
  }

  snapshot(): Snapshot {
    const saved: Saved = { rng: this.rng.state(), target: this.state, started: this.started }
    return saved
  }

  restore(snapshot: Snapshot): void {
    const saved = snapshot as Saved
    this.rng = Rng.restore(saved.rng)
    this.target = Float32Array.from(saved.target)
    this.started = saved.started
  }

  render(): string {
    return `target [${[...this.target].map(x => x.toFixed(3)).join(', ')}]`
  }
}

interface Saved {
  readonly rng: RngState
  readonly target: readonly number[]
  readonly started: boolean
}

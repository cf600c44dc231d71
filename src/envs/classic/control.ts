import { Canvas, type Frame } from '../../common/canvas.ts'
import { inputError } from '../../common/error.ts'
import { Rng, type RngState } from '../../common/random.ts'
import type { RenderMode } from '../definition.ts'
import type { Env, EnvSpec, Info, ResetResult, Snapshot, Space, StepResult } from '../env.ts'
import type { Box } from '../spaces.ts'

/** Shared and frozen: a step of these environments has nothing more to say, and allocates as little as it can. */
export const NO_INFO: Info = Object.freeze({})

export interface ClassicOptions {
  readonly spec: EnvSpec
  readonly renderMode?: RenderMode
}

/**
 * What the classic control problems have in common: a state of a few float64 numbers that can be read and set, a
 * seeded reset, snapshots, pictures, and a refusal to step past the end. Dynamics are those of Gymnasium 1.4
 * (gymnasium/envs/classic_control), operation by operation, in the same precision.
 */
export abstract class ClassicControl<A> implements Env<Float32Array, A> {
  abstract readonly observationSpace: Box
  abstract readonly actionSpace: Space<A>
  readonly spec: EnvSpec
  /** [stateNames.length] float64 */
  private readonly values: Float64Array
  private readonly reward = new Float64Array(1)
  private over = true
  private rng: Rng
  private readonly renderMode: RenderMode

  constructor(
    options: ClassicOptions,
    private readonly stateNames: readonly string[],
  ) {
    this.spec = options.spec
    this.renderMode = options.renderMode ?? 'rgb'
    this.values = new Float64Array(stateNames.length)
    this.rng = Rng.of(0, this.spec.id)
  }

  /**
   * Advances the state at `at` by one action's number, and writes the reward at `rewards[i]`.
   * @returns whether it terminated
   */
  abstract advance(state: Float64Array, at: number, action: number, rewards: Float64Array, i: number): boolean
  /** Writes the observation of the state at `at`, from `to` on. */
  abstract observe(state: Float64Array, at: number, out: Float32Array, to: number): void
  /** Draws a first state into place `at`; options as Gymnasium's reset takes them. */
  abstract start(state: Float64Array, at: number, rng: Rng, options: unknown): void
  /** Whether an action's number is one. */
  abstract takes(action: number): boolean
  /** An action's number; NaN where it isn't one. */
  protected abstract numberOf(action: A): number
  /** Paints a state. */
  protected abstract draw(canvas: Canvas, state: Float64Array): void

  /** What Gymnasium keeps in `env.unwrapped.state`, in its order and units. */
  get state(): readonly number[] {
    return Array.from(this.values)
  }

  /**
   * Goes on from this state, as if an episode had just begun there.
   * @throws input error unless it holds as many finite numbers as the state has
   */
  set state(state: readonly number[]) {
    if (!Array.isArray(state) || state.length !== this.values.length || !state.every(Number.isFinite)) {
      const names = this.stateNames.join(', ')
      const n = this.values.length
      throw inputError(
        'env.state',
        `the state of ${this.spec.id} is ${n} finite numbers [${names}], not ${JSON.stringify(state)}`,
      )
    }
    this.values.set(state)
    this.over = false
  }

  reset(options?: { seed?: number; options?: unknown }): ResetResult<Float32Array> {
    if (options?.seed !== undefined) this.rng = Rng.of(options.seed, this.spec.id)
    this.start(this.values, 0, this.rng, options?.options)
    this.over = false
    return { observation: this.observed(), info: NO_INFO }
  }

  step(action: A): StepResult<Float32Array> {
    if (this.over) this.refuseEnded()
    const number = this.numberOf(action)
    if (!this.takes(number)) this.refuseAction(action)
    const terminated = this.advance(this.values, 0, number, this.reward, 0)
    this.over = terminated
    const reward = this.reward[0]
    return { observation: this.observed(), reward, terminated, truncated: false, info: NO_INFO }
  }

  private observed(): Float32Array {
    const observation = new Float32Array(this.observationSpace.flatSize)
    this.observe(this.values, 0, observation, 0)
    return observation
  }

  /** Numbers of a state. */
  get numbers(): number {
    return this.stateNames.length
  }

  snapshot(): Snapshot {
    const saved: Saved = { rng: this.rng.state(), state: this.state, over: this.over }
    return saved
  }

  restore(snapshot: Snapshot): void {
    const saved = snapshot as Saved
    this.rng = Rng.restore(saved.rng)
    this.values.set(saved.state)
    this.over = saved.over
  }

  /** A frame of 300 × 200 or 200 × 200 pixels, or text; see `renderMode`. */
  render(): Frame | string {
    const canvas = this.canvas()
    this.draw(canvas, this.values)
    return this.renderMode === 'rgb' ? canvas.frame() : canvas.terminal()
  }

  protected canvas(): Canvas {
    return new Canvas(300, 200)
  }

  private refuseEnded(): void {
    throw inputError('env.ended', `the episode of ${this.spec.id} is over: call reset() before step()`)
  }

  /** @throws input error that says what it takes */
  refuseAction(action: unknown): void {
    const given = action instanceof Float32Array ? `Float32Array [${action.join(', ')}]` : String(action)
    throw inputError(
      'env.action',
      `${this.spec.id} takes actions of ${JSON.stringify(this.actionSpace)}, not ${given}`,
    )
  }
}

interface Saved {
  readonly rng: RngState
  readonly state: readonly number[]
  readonly over: boolean
}

/**
 * Bounds of the uniform start: `reset({ options: { low, high } })`, as Gymnasium's `maybe_parse_reset_bounds`.
 * @throws input error when a bound is no number, or low exceeds high
 */
export function resetBounds(options: unknown, low: number, high: number): readonly [number, number] {
  const given = (options ?? {}) as { readonly low?: unknown; readonly high?: unknown }
  const bounds = [given.low ?? low, given.high ?? high]
  const [from, to] = bounds.map(Number)
  if (!Number.isFinite(from) || !Number.isFinite(to) || from > to) {
    throw inputError(
      'env.reset-options',
      `reset takes options { low, high }, numbers with low <= high, not ${JSON.stringify(options)}`,
    )
  }
  return [from, to]
}

/** An action of a Box of one number. */
export function onlyNumber(action: Float32Array): number {
  return action.length === 1 ? action[0] : Number.NaN
}

export function uniform(rng: Rng, low: number, high: number): number {
  return low + (high - low) * rng.next()
}

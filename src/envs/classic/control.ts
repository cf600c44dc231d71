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
  protected readonly values: Float64Array
  protected over = true
  protected rng: Rng
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

  /** Advances the state by one action. */
  abstract step(action: A): StepResult<Float32Array>
  /** A fresh observation of the state. */
  protected abstract observe(): Float32Array
  /** Draws the first state into `values`; options as Gymnasium's reset takes them. */
  protected abstract start(options: unknown): void
  /** Paints the state. */
  protected abstract draw(canvas: Canvas): void

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
    this.start(options?.options)
    this.over = false
    return { observation: this.observe(), info: NO_INFO }
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
    this.draw(canvas)
    return this.renderMode === 'rgb' ? canvas.frame() : canvas.terminal()
  }

  protected canvas(): Canvas {
    return new Canvas(300, 200)
  }

  protected refuseEnded(): void {
    throw inputError('env.ended', `the episode of ${this.spec.id} is over: call reset() before step()`)
  }

  protected refuseAction(action: unknown): void {
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

export function uniform(rng: Rng, low: number, high: number): number {
  return low + (high - low) * rng.next()
}

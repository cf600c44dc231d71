import { isPromise } from 'node:util/types'
import type { Frame } from '../../common/canvas.ts'
import type { Env, EnvSpec, Mask, MaybePromise, ResetResult, Snapshot, Space, StepResult } from '../env.ts'

/**
 * An environment around another: passes everything on until a subclass changes it. Masks, snapshots and pictures
 * exist where the inner environment has them; a snapshot holds the wrapper's own state too.
 * `O`, `A` are what the outside sees, `IO`, `IA` the inner environment's.
 */
export abstract class Wrapper<O, A, IO = O, IA = A> implements Env<O, A> {
  readonly spec: EnvSpec
  abstract readonly observationSpace: Space<O>
  abstract readonly actionSpace: Space<A>
  readonly actionMask?: () => Mask
  readonly snapshot?: () => MaybePromise<Snapshot>
  readonly restore?: (snapshot: Snapshot) => MaybePromise<void>
  readonly render?: () => MaybePromise<Frame | string>

  constructor(readonly env: Env<IO, IA>) {
    this.spec = env.spec
    if (env.actionMask) this.actionMask = () => env.actionMask?.() ?? new Uint8Array()
    if (env.render) this.render = () => env.render?.() ?? ''
    if (env.snapshot && env.restore) {
      this.snapshot = () =>
        whenDone(env.snapshot?.(), (inner): Layered => ({ inner, own: structuredClone(this.saved()) }))
      this.restore = snapshot => {
        const { inner, own } = snapshot as Layered
        this.resume(structuredClone(own))
        return env.restore?.(inner)
      }
    }
  }

  abstract reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<O>>
  abstract step(action: A): MaybePromise<StepResult<O>>

  close(): MaybePromise<void> {
    return this.env.close?.()
  }

  /** The wrapper's own part of a snapshot. */
  protected saved(): unknown {
    return undefined
  }

  /** Takes back what `saved` gave. */
  protected resume(_saved: unknown): void {}
}

interface Layered {
  readonly inner: Snapshot
  readonly own: unknown
}

/** A wrapper that leaves the spaces as they are. */
export abstract class SameSpaces<O, A> extends Wrapper<O, A> {
  readonly observationSpace: Space<O>
  readonly actionSpace: Space<A>

  constructor(env: Env<O, A>) {
    super(env)
    this.observationSpace = env.observationSpace
    this.actionSpace = env.actionSpace
  }

  reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<O>> {
    return this.env.reset(options)
  }

  step(action: A): MaybePromise<StepResult<O>> {
    return this.env.step(action)
  }
}

/** `use(value)`, now or when the promise has it: a synchronous environment stays synchronous. */
export function whenDone<T, R>(value: MaybePromise<T>, use: (value: T) => R): MaybePromise<R> {
  return isPromise(value) ? value.then(use) : use(value)
}

/** The environment inside all wrappers. */
export function unwrapped(env: Env<unknown, unknown>): Env<unknown, unknown> {
  return env instanceof Wrapper ? unwrapped(env.env) : env
}

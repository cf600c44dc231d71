import type { FunctionBinding, NativeBackend } from '../function/binding.ts'
import { EngineFunction } from '../function/engine-function.ts'
import { type Part, partOf } from '../function/part.ts'
import type { LivePiece } from '../function/recording.ts'
import type { Fed } from '../function/replay.ts'
import { type Live, type Mark, type Trace, tryTrace } from '../function/trace.ts'
import { isOutOfMemory } from '../out-of-memory.ts'
import { tf } from '../tf.ts'
import { fedByLosses, type LossOptions, tensorsOf } from './gradient-body.ts'

/** What is traced; without a trace it computes as it runs. */
export type Body = (inputs: readonly tf.Tensor[], live: Live, mark?: Mark) => readonly tf.Tensor[]

/** A body with a loss as one operation of the engine; where it can't be that, the reason. */
export class TracedFunction {
  readonly live: readonly LivePiece[]
  private made: EngineFunction | undefined
  private why: unknown
  /** Whatever the targets are. */
  private always = false

  private constructor(
    private readonly backend: NativeBackend<FunctionBinding>,
    private readonly options: LossOptions,
    private graph: Trace | undefined,
    live: readonly LivePiece[],
  ) {
    this.live = live
    if (graph !== undefined) this.attempt(() => new EngineFunction(backend, graph))
  }

  /** Runs the body on these inputs, which are the caller's. */
  static of(
    backend: NativeBackend<FunctionBinding>,
    options: LossOptions,
    inputs: readonly tf.Tensor[],
    body: Body,
  ): TracedFunction {
    const traced = tryTrace(backend, inputs, body)
    const { live } = traced
    if (!('error' in traced)) return new TracedFunction(backend, options, traced, live)
    const refused = new TracedFunction(backend, options, undefined, live)
    refused.why = traced.error
    return refused
  }

  /** A part of it, without running anything; undefined where that can't be had. */
  part(part: Part): TracedFunction | undefined {
    const { backend, options, graph, live } = this
    const own = graph && partOf(graph, part)
    return own && new TracedFunction(backend, options, own, live)
  }

  /** Its graph; undefined where it couldn't be traced, or was forgotten. */
  get trace(): Trace | undefined {
    return this.graph
  }

  /** Lets the graph go: nobody will ask for a part. */
  forget(): this {
    this.graph = undefined
    return this
  }

  /** Why it isn't a function. */
  get refusal(): unknown {
    return this.why
  }

  /**
   * What losses feed it, each on its targets, in the order of the trace; undefined where one does something else than when it
   * was traced.
   */
  fed(targets: readonly (readonly unknown[])[]): readonly Fed[] | undefined {
    return this.always ? [] : fedByLosses(this.live, this.options, targets)
  }

  /** From now on it is none. */
  refuse(why: unknown): void {
    this.always = true
    this.why = why
    this.dispose()
  }

  /** The caller's; undefined where it is no function. */
  call(inputs: readonly tf.Tensor[], fed: readonly Fed[]): tf.Tensor[] | undefined {
    const { made } = this
    if (made === undefined) return undefined
    const others = tensorsOf(fed)
    try {
      return made.call(inputs, others)
    } catch (error) {
      if (isOutOfMemory(error)) throw error
      this.dispose()
      this.why = error
      return undefined
    } finally {
      tf.dispose([...others.values()])
    }
  }

  dispose(): void {
    this.made?.dispose()
    this.made = undefined
  }

  private attempt(make: () => EngineFunction): void {
    try {
      this.made = make()
    } catch (error) {
      this.why = error
    }
  }
}

/** A body computed as it runs, on these inputs; the caller's. */
export function computed(body: Body, inputs: readonly tf.Tensor[]): tf.Tensor[] {
  return tf.tidy(() => [...body(inputs, (own, piece) => piece(own))])
}

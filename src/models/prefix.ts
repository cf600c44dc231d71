import { concatenated, sizeOf } from '../common/arrays.ts'
import type { ClipValues } from '../data/clip-values.ts'
import type { Clip } from '../data/dataset.ts'
import { ActivationCache } from './activation-cache.ts'
import type { Executor } from './executor.ts'
import { KeptBatches } from './kept-batches.ts'
import type { Network } from './network.ts'
import { tf } from './tf.ts'

/** Where what a network takes of the clips comes from: pixels, or sequences. */
export type PixelSource = (clips: readonly Clip[]) => ClipValues

export interface PrefixOptions {
  readonly network: Network
  readonly pixels: PixelSource
  /** Bytes for cached activations; where those of all clips don't fit, every batch computes its own. */
  readonly cacheBytes: number
  /**
   * All clips, in the fixed batches that their activations are computed in: so a clip's bits depend neither on
   * the batch that first asked for it nor on what was cached before. A clip that is in none is computed alone.
   */
  readonly batches?: readonly (readonly Clip[])[]
}

/** The groups before the first trained one: run outside the gradient, once a clip as long as they don't change. */
export class FrozenPrefix {
  private readonly cache: ActivationCache
  private readonly batchOf = new Map<string, readonly Clip[]>()
  private readonly kept = new KeptBatches()
  private readonly rowShapes = new Map<number, readonly number[]>()

  constructor(
    private readonly options: PrefixOptions,
    private readonly executor: Pick<Executor, 'forward'>,
  ) {
    this.cache = new ActivationCache(options.cacheBytes)
    for (const batch of options.batches ?? []) for (const clip of batch) this.batchOf.set(clip.id, batch)
  }

  /** What crosses into group `to`; `versions` says which state each group is in. The caller owns the tensor. */
  enter(clips: readonly Clip[], to: number, versions: readonly number[]): tf.Tensor {
    if (to === 0) return this.options.network.input(this.options.pixels(clips), clips.length)
    if (!this.fits(to)) return this.compute(clips, to)
    return this.asRows(concatenated(clips.map(clip => this.activations(clip, to, versions))), to)
  }

  /** As `enter` for clips that come again together, as an evaluation's do: what crosses stays on the engine where it fits. */
  enterAgain(clips: readonly Clip[], to: number, versions: readonly number[]): tf.Tensor {
    if (to === 0 || !this.fits(to)) return this.enter(clips, to, versions)
    const batch = clips.map(({ id }) => id).join('|')
    const state = `${to}|${versions.slice(0, to).join(',')}`
    return this.kept.get(batch, state, this.room(to), () => this.enter(clips, to, versions))
  }

  private fits(to: number): boolean {
    return this.options.cacheBytes > 0 && this.room(to) >= 0
  }

  /** Bytes that the activations of all clips leave of those that may be used. */
  private room(to: number): number {
    const { network, cacheBytes } = this.options
    // Twice: entries of a state that is gone are still there while those of the next one come.
    return cacheBytes - 2 * 4 * network.crossingSize(to) * this.batchOf.size
  }

  private activations(clip: Clip, to: number, versions: readonly number[]): Float32Array {
    const key = (of: Clip, group: number) => `${of.id}|${group}|${versions.slice(0, group).join(',')}`
    const at = (of: Clip, group: number) => this.cache.get(key(of, group))
    const known = at(clip, to)
    if (known !== undefined) return known
    const batch = this.batchOf.get(clip.id) ?? [clip]
    let from = to - 1
    while (from > 0 && batch.some(other => at(other, from) === undefined)) from--
    const output = this.compute(batch, to, from, other => at(other, from) ?? new Float32Array())
    const values = output.dataSync() as Float32Array
    this.rowShapes.set(to, output.shape.slice(1))
    output.dispose()
    const size = values.length / batch.length
    let own = values
    batch.forEach((other, i) => {
      const value = values.slice(i * size, (i + 1) * size)
      this.cache.set(key(other, to), value)
      if (other.id === clip.id) own = value
    })
    return own
  }

  /** Groups [from, to) on a batch: from pixels, or from what was cached at `from`. */
  private compute(
    clips: readonly Clip[],
    to: number,
    from = 0,
    cached: (clip: Clip) => Float32Array = () => new Float32Array(),
  ): tf.Tensor {
    const { network, pixels } = this.options
    const input =
      from === 0
        ? network.input(pixels(clips), clips.length)
        : this.asRows(concatenated(clips.map(cached)), from)
    const output = this.executor.forward({ input, clips: clips.length, from }, to)
    input.dispose()
    return output
  }

  /** Rows that cross into `group`, [B·T, …] within wrapped time and [B, …] after it. */
  private asRows(data: Float32Array, group: number): tf.Tensor {
    const shape = this.rowShapes.get(group) ?? []
    const row = sizeOf(shape)
    return tf.tensor(data, [data.length / row, ...shape])
  }
}

import { Held } from './held.ts'
import type { tf } from './tf.ts'

interface Kept {
  readonly state: string
  readonly held: Held
  readonly bytes: number
}

/**
 * Tensors of batches that come again as they were, on the engine within a number of bytes. What is of another state goes for
 * what comes; what is of the same one stays, since batches come in turn.
 */
export class KeptBatches {
  private readonly entries = new Map<string, Kept>()
  private bytes = 0

  /** A batch's tensor in a state, kept where there is room for it; the caller's. */
  get(batch: string, state: string, room: number, make: () => tf.Tensor): tf.Tensor {
    const known = this.entries.get(batch)
    if (known?.state === state) return known.held.tensor.clone()
    this.drop(batch)
    const tensor = make()
    const bytes = 4 * tensor.size
    for (const [other, kept] of this.entries)
      if (kept.state !== state && this.bytes + bytes > room) this.drop(other)
    if (this.bytes + bytes > room) return tensor
    this.entries.set(batch, { state, held: new Held(tensor), bytes })
    this.bytes += bytes
    return tensor.clone()
  }

  private drop(batch: string): void {
    const known = this.entries.get(batch)
    if (known === undefined) return
    this.entries.delete(batch)
    this.bytes -= known.bytes
    known.held.release()
  }
}

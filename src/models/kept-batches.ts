import { Held } from './held.ts'
import type { tf } from './tf.ts'

interface Kept {
  readonly versions: string
  readonly held: Held
  readonly bytes: number
}

/** Tensors of batches that come again as they were, on the engine within a number of bytes; the oldest go first. */
export class KeptBatches {
  private readonly entries = new Map<string, Kept>()
  private bytes = 0

  /** A batch's tensor in this state, kept where there is room for it; the caller's. */
  get(batch: string, versions: string, room: number, make: () => tf.Tensor): tf.Tensor {
    const known = this.entries.get(batch)
    if (known?.versions === versions) return known.held.tensor.clone()
    this.drop(batch)
    const tensor = make()
    const bytes = 4 * tensor.size
    if (bytes > room) return tensor
    for (const oldest of this.entries.keys()) {
      if (this.bytes + bytes <= room) break
      this.drop(oldest)
    }
    this.entries.set(batch, { versions, held: new Held(tensor), bytes })
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

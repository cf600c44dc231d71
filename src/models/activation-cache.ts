/**
 * Activations of clips at the end of a frozen prefix, held between steps. Keys name the clip, the cut and the
 * versions of the groups before it, so a stale entry can't be found; the oldest go first when memory is short.
 */
export class ActivationCache {
  private readonly entries = new Map<string, Float32Array>()
  private bytes = 0

  /** @param limit bytes; 0 keeps nothing */
  constructor(private readonly limit: number) {}

  get(key: string): Float32Array | undefined {
    return this.entries.get(key)
  }

  set(key: string, value: Float32Array): void {
    if (value.byteLength > this.limit || this.entries.has(key)) return
    this.entries.set(key, value)
    this.bytes += value.byteLength
    for (const [oldest, entry] of this.entries) {
      if (this.bytes <= this.limit) break
      this.entries.delete(oldest)
      this.bytes -= entry.byteLength
    }
  }
}

/**
 * What runs had come to after the rounds that they share: episodes that begin with the same choices do that work once
 * (stage trees: Shin et al. 2020, Hippo). Keys are histories: the seed, then the settings of every round. The least
 * recently used stages go when the memory is full; they are then computed again, with the same result.
 */
export class StageTree<S> {
  private readonly stages = new Map<string, S>()
  /** How many stages hold each buffer: weights that a round left alone are the same arrays before and after it. */
  private readonly holders = new Map<ArrayBufferLike, number>()
  private held = 0

  /** @param maxBytes of the arrays that stages hold */
  constructor(private readonly maxBytes: number) {}

  get bytes(): number {
    return this.held
  }

  get size(): number {
    return this.stages.size
  }

  get(key: string): S | undefined {
    const stage = this.stages.get(key)
    if (stage === undefined) return undefined
    // Now the most recently used.
    this.stages.delete(key)
    this.stages.set(key, stage)
    return stage
  }

  set(key: string, stage: S): void {
    if (this.stages.has(key)) return
    this.stages.set(key, stage)
    for (const buffer of buffersOf(stage)) {
      const holders = this.holders.get(buffer) ?? 0
      if (holders === 0) this.held += buffer.byteLength
      this.holders.set(buffer, holders + 1)
    }
    for (const [oldest, gone] of this.stages) {
      if (this.held <= this.maxBytes) break
      this.stages.delete(oldest)
      this.release(gone)
    }
  }

  private release(stage: S): void {
    for (const buffer of buffersOf(stage)) {
      const holders = this.holders.get(buffer) ?? 0
      if (holders > 1) this.holders.set(buffer, holders - 1)
      else {
        this.holders.delete(buffer)
        this.held -= buffer.byteLength
      }
    }
  }
}

/** Those of all typed arrays inside, each once. */
function buffersOf(value: unknown, found = new Set<ArrayBufferLike>()): ReadonlySet<ArrayBufferLike> {
  if (ArrayBuffer.isView(value)) found.add(value.buffer)
  else if (value instanceof Set || value instanceof Map || Array.isArray(value)) {
    for (const part of value.values()) buffersOf(part, found)
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) buffersOf(part, found)
  }
  return found
}

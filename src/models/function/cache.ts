let uses = 0

/** What was used last, up to a number of entries; the one that was used longest ago goes first. */
export class LastUsed<T> {
  private readonly entries = new Map<string, { readonly entry: T; readonly used: number }>()

  /** @param shared bounds it together with others */
  constructor(
    private readonly limit: number,
    private readonly drop: (entry: T) => void,
    private readonly shared?: SharedLimit,
  ) {
    shared?.join(this as LastUsed<unknown>)
  }

  get size(): number {
    return this.entries.size
  }

  /** When the entry that goes first was used; infinite without any. */
  get oldest(): number {
    const [first] = this.entries.values()
    return first?.used ?? Number.POSITIVE_INFINITY
  }

  /** Those that were used last first; none of them counts as used. */
  entriesLastFirst(): readonly T[] {
    return [...this.entries.values()].map(({ entry }) => entry).toReversed()
  }

  get(key: string): T | undefined {
    const known = this.entries.get(key)
    if (known === undefined) return undefined
    this.put(key, known.entry)
    return known.entry
  }

  set(key: string, entry: T): T {
    this.put(key, entry)
    while (this.entries.size > this.limit) this.dropOldest()
    this.shared?.hold()
    return entry
  }

  dropOldest(): void {
    const [first] = this.entries
    if (first === undefined) return
    const [key, { entry }] = first
    this.entries.delete(key)
    this.drop(entry)
  }

  clear(): void {
    while (this.entries.size > 0) this.dropOldest()
  }

  private put(key: string, entry: T): void {
    this.entries.delete(key)
    this.entries.set(key, { entry, used: uses++ })
  }
}

/** A bound on the entries of several caches together; a cache that nobody has any more counts no longer. */
export class SharedLimit {
  private readonly caches = new Set<WeakRef<LastUsed<unknown>>>()

  constructor(private readonly limit: number) {}

  join(cache: LastUsed<unknown>): void {
    this.caches.add(new WeakRef(cache))
  }

  /** Drops what was used longest ago until the bound is kept. */
  hold(): void {
    const caches = this.living()
    for (let over = caches.reduce((sum, { size }) => sum + size, -this.limit); over > 0; over--)
      caches.reduce((first, cache) => (cache.oldest < first.oldest ? cache : first)).dropOldest()
  }

  private living(): readonly LastUsed<unknown>[] {
    return [...this.caches].flatMap(reference => {
      const cache = reference.deref()
      if (cache === undefined) this.caches.delete(reference)
      return cache ?? []
    })
  }
}

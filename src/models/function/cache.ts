/** What was used last, up to a number of entries; the one that was used longest ago goes first. */
export class LastUsed<T> {
  private readonly entries = new Map<string, T>()

  constructor(
    private readonly limit: number,
    private readonly drop: (entry: T) => void,
  ) {}

  get size(): number {
    return this.entries.size
  }

  get(key: string): T | undefined {
    const entry = this.entries.get(key)
    if (entry === undefined) return undefined
    this.entries.delete(key)
    this.entries.set(key, entry)
    return entry
  }

  set(key: string, entry: T): T {
    this.entries.set(key, entry)
    for (const [oldest, old] of this.entries) {
      if (this.entries.size <= this.limit) break
      this.entries.delete(oldest)
      this.drop(old)
    }
    return entry
  }

  clear(): void {
    for (const entry of this.entries.values()) this.drop(entry)
    this.entries.clear()
  }
}

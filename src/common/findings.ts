/** One way in which something that was checked breaks its contract, or is likely to hinder learning. */
export interface Finding {
  readonly severity: 'error' | 'warning'
  /** Stable, e.g. `reward.finite`. */
  readonly code: string
  /** What is wrong, and how to mend it. */
  readonly message: string
}

/** What has been found so far; the first of each code, since the same fault shows at every step. */
export class Findings {
  private readonly found = new Map<string, Finding>()

  error(code: string, message: string): void {
    this.add({ severity: 'error', code, message })
  }

  warning(code: string, message: string): void {
    this.add({ severity: 'warning', code, message })
  }

  get all(): readonly Finding[] {
    return [...this.found.values()]
  }

  private add(finding: Finding): void {
    if (!this.found.has(finding.code)) this.found.set(finding.code, finding)
  }
}

/** A value for a message, cut where it gets long. */
export function show(value: unknown): string {
  if (value instanceof Float32Array) return `Float32Array [${[...value.slice(0, 8)].join(', ')}]`
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

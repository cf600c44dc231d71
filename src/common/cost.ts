/** What training costs. */
export interface Cost {
  readonly flops: number
  readonly seconds: number
}

export function total(parts: readonly Cost[]): Cost {
  return {
    flops: parts.reduce((sum, part) => sum + part.flops, 0),
    seconds: parts.reduce((sum, part) => sum + part.seconds, 0),
  }
}

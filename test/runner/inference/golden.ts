import { readFileSync } from 'node:fs'

type Range = readonly [number, number]

interface Golden {
  readonly samples: readonly {
    readonly values: readonly number[]
    readonly mean: number
    readonly standardDeviation: number
    readonly median: number
    readonly interquartileMean: number
    readonly interval: Range
    readonly quantiles: readonly Range[]
  }[]
  readonly rliableIqm: { readonly scores: readonly (readonly number[])[]; readonly iqm: number }
  readonly welch: readonly {
    readonly a: readonly number[]
    readonly b: readonly number[]
    readonly interval: Range
    readonly p: number
  }[]
  readonly student: readonly {
    readonly degrees: number
    readonly alpha: number
    readonly critical: number
    readonly t: number
    readonly p: number
  }[]
  readonly detectable: readonly {
    readonly alpha: number
    readonly degrees: number
    readonly errors: number
  }[]
  readonly wilson: readonly { readonly right: number; readonly of: number; readonly interval: Range }[]
  readonly holm: readonly { readonly ps: readonly number[]; readonly adjusted: readonly number[] }[]
  readonly signFlip: readonly { readonly values: readonly number[]; readonly p: number }[]
  readonly crossed: readonly { readonly values: readonly (readonly number[])[]; readonly interval: Range }[]
  readonly hall: readonly { readonly values: readonly number[]; readonly interval: Range }[]
}

/** Figures of numpy, scipy, statsmodels and rliable. */
export const golden = JSON.parse(
  readFileSync(new URL('../../golden/statistics.json', import.meta.url), 'utf8'),
) as Golden

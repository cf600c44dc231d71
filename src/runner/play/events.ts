import type { EpisodeSummary } from './summary.ts'

/** What learning tells while it goes on. */
export type PlayEvent =
  | { readonly type: 'notice'; readonly message: string }
  | { readonly type: 'episode'; readonly episode: EpisodeSummary }
  | {
      readonly type: 'update'
      readonly agent: string
      readonly update: number
      readonly report: Readonly<Record<string, number>>
    }

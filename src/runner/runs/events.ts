import type { PlayEvent } from '../play/events.ts'
import type { CurvePoint, EvaluationPoint } from '../play/points.ts'
import type { PerKind, Phase, Range } from './phase.ts'

/** What a run tells while it works: progress for people, and the record in events.jsonl. */
export type RunEvent =
  | PlayEvent
  | {
      /** What will be done, and how long it takes by the steps that were measured. */
      readonly type: 'plan'
      readonly phases: readonly Phase[]
      /** Of all of it. */
      readonly seconds: Range
      readonly steps: { readonly seconds: PerKind }
      /** What counts, by the task's name for it. */
      readonly metric: string
      /** What is left of a run that was interrupted: for the moment only. */
      readonly resumed?: boolean
    }
  | {
      /** What is done now, and how much of it there is: a resumed run says it again, and its log once. */
      readonly type: 'phase'
      readonly phase: string
      readonly total: number
    }
  | { readonly type: 'clips'; readonly done: number; readonly total: number }
  | { readonly type: 'step'; readonly run: string; readonly step: number; readonly of: number }
  | {
      readonly type: 'run'
      readonly key: string
      readonly score: number
      readonly rewardLoss: number
      readonly rewardPrimary: number
      readonly flops: number
      readonly seconds: number
    }
  | { readonly type: 'point'; readonly point: CurvePoint }
  | { readonly type: 'evaluation'; readonly point: EvaluationPoint }
  | {
      /** Of a listener in code. */
      readonly type: 'figures'
      /** Environment steps so far. */
      readonly step: number
      readonly figures: Readonly<Record<string, number>>
    }
  | {
      readonly type: 'saved'
      /** Whose model lies in the run folder from now on. */
      readonly from: string
      readonly score: number
    }
  | {
      readonly type: 'failed'
      /** The unit's. */
      readonly key: string
      readonly cause: string
    }
  | {
      /** Of those who do units in processes of their own. */
      readonly type: 'worker'
      /** Its host, and its process there. */
      readonly worker: string
      /** The unit's key, or what of a unit it does. */
      readonly order: string
      /** Other machines' are known when they are done. */
      readonly state: 'takes' | 'done'
      readonly seconds?: number
    }
  | { readonly type: 'done'; readonly hash: string }

/** Hears what a run tells. */
export type OnEvent = (event: RunEvent) => void

/** Events that are kept: progress is for the moment only, and a resumed run tells it again. */
export function isRecorded(event: RunEvent): boolean {
  if (event.type === 'plan') return event.resumed !== true
  return event.type !== 'step' && event.type !== 'clips'
}

import type { EvaluationPoint } from '../play/points.ts'
import type { EpisodeSummary } from '../play/summary.ts'
import type { RunEvent } from '../runs/events.ts'
import { type GroupMove, movesOf } from './moves.ts'
import type { Point } from './points.ts'
import type { Line } from './tail.ts'

/** A line of a run's log. */
export type Told = RunEvent & { readonly seq: number; readonly time: string; readonly unit?: string }

type Of<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>

/** Of an episode, without its rounds: those are read from the log where they are wanted. */
export interface EpisodeLine extends Omit<EpisodeSummary, 'rounds' | 'stop'> {
  /** Of its line in the log. */
  readonly offset: number
  readonly groups: readonly GroupMove[]
}

/** Of a point of training, its returns drawn together. */
export interface CurveLine {
  readonly step: number
  readonly seconds: number
  readonly returns?: Point
  readonly report: Readonly<Record<string, number>>
}

/** What one process that does units has done, and does. */
export interface WorkerStory {
  readonly units: number
  /** Of its units, as it measured them. */
  readonly seconds: number
  /** What it does now, or did last. */
  readonly order: string
  readonly working: boolean
  /** Milliseconds since 1970, of what it told last. */
  readonly at: number
}

/** What a log has told so far, as far as a page of it needs it. Told by each line, once, in order. */
export class Story {
  /** Of every line. */
  readonly offsets: number[] = []
  /** Of lines that a reader must know of, whatever else there is: notices, and units that failed. */
  readonly notices: number[] = []
  readonly episodes: EpisodeLine[] = []
  readonly updates: Of<'update'>[] = []
  readonly curve: CurveLine[] = []
  readonly evaluations: EvaluationPoint[] = []
  readonly phases: Of<'phase'>[] = []
  /** What ended, with its time, for how long the rest will take. */
  readonly ends: { readonly time: number; readonly event: RunEvent }[] = []
  readonly runs: Of<'run'>[] = []
  readonly failed: Of<'failed'>[] = []
  /** Processes that do units, by name. */
  readonly workers = new Map<string, WorkerStory>()
  plan?: { readonly time: number; readonly event: Of<'plan'> }
  saved?: Of<'saved'>
  hash?: string
  /** Milliseconds since 1970, of its first line and its last. */
  begun?: number
  last?: number
  /** That the last line was of. */
  unit?: string

  /** What isn't a line of a log counts as one that tells nothing. */
  take({ offset, text }: Line): void {
    this.offsets.push(offset)
    const event = parsed(text)
    if (event === undefined) return
    const time = Date.parse(event.time)
    this.begun ??= time
    this.last = time
    this.unit = event.unit
    this.enter(event, time, offset)
  }

  private enter(event: Told, time: number, offset: number): void {
    if (event.type === 'notice' || event.type === 'failed') this.notices.push(offset)
    if (isEnd(event)) this.ends.push({ time, event: withoutRounds(event) })
    switch (event.type) {
      case 'episode':
        this.episodes.push(episodeLine(event.episode, offset))
        return
      case 'point':
        this.curve.push(curveLine(event.point))
        return
      case 'evaluation':
        this.evaluations.push(event.point)
        return
      case 'plan':
        this.plan = { time, event }
        return
      case 'done':
        this.hash = event.hash
        return
      case 'saved':
        this.saved = event
        return
      case 'update':
        this.updates.push(event)
        return
      case 'phase':
        this.phases.push(event)
        return
      case 'run':
        this.runs.push(event)
        return
      case 'failed':
        this.failed.push(event)
        return
      case 'worker':
        this.workers.set(event.worker, goneOn(this.workers.get(event.worker), event, time))
        return
      default:
        return
    }
  }
}

/** Undefined for what is no line of a log. */
export function parsed(text: string): Told | undefined {
  try {
    const event = JSON.parse(text)
    return typeof event?.type === 'string' && typeof event.time === 'string' ? event : undefined
  } catch {
    return undefined
  }
}

function goneOn(
  before: WorkerStory | undefined,
  { order, state, seconds = 0 }: Of<'worker'>,
  at: number,
): WorkerStory {
  const { units, seconds: busy, ...now } = before ?? { units: 0, seconds: 0, order: '', working: false, at }
  if (state === 'takes') return { units, seconds: busy, order, working: true, at }
  // The next unit may have been taken before this one's end was told.
  const next = now.working && now.order !== order ? now : { order, working: false, at }
  return { ...next, units: units + 1, seconds: busy + seconds }
}

function isEnd({ type }: RunEvent): boolean {
  return type === 'episode' || type === 'run' || type === 'failed'
}

function withoutRounds(event: RunEvent): RunEvent {
  return event.type === 'episode' ? { ...event, episode: { ...event.episode, rounds: [] } } : event
}

function episodeLine({ rounds, stop: _, ...figures }: EpisodeSummary, offset: number): EpisodeLine {
  return { ...figures, offset, groups: movesOf(rounds) }
}

function curveLine({ step, seconds, returns, report }: Of<'point'>['point']): CurveLine {
  if (returns.length === 0) return { step, seconds, report }
  const y = returns.reduce((a, b) => a + b, 0) / returns.length
  const drawn = { low: Math.min(...returns), high: Math.max(...returns), of: returns.length }
  return { step, seconds, report, returns: { x: step, y, ...drawn } }
}

import { endedBy, type TimeLeft, timeLeft } from '../jobs/fine-tune/plan/left.ts'
import { eventWords } from '../jobs/told/event-words.ts'
import { leftWords } from '../jobs/told/plan-words.ts'
import type { OnEvent, RunEvent } from '../runs/events.ts'

/** Where lines go, and the clock, milliseconds. */
export interface Teller {
  stderr(text: string): void
  now(): number
}

/** What a plan says: how long the run goes on, and what counts; undefined as long as there is none. */
export function followed(io: Pick<Teller, 'now'>) {
  let left: TimeLeft | undefined
  let start = 0
  let metric = 'what counts'
  return {
    /** What counts, as the plan called it. */
    get metric() {
      return metric
    },
    /** Seconds left; `ended` where the event was the end of a run. */
    after(event: RunEvent): { readonly seconds: number; readonly ended: boolean } | undefined {
      const now = io.now()
      if (event.type === 'plan') {
        left = timeLeft(event.phases, now)
        metric = event.metric
        start = now
      }
      const ended = endedBy(event)
      if (ended !== undefined) left?.end(ended, now)
      return left && { seconds: left.at(now), ended: ended !== undefined }
    },
    elapsed: () => Math.max(0, (io.now() - start) / 1000),
  }
}

/** A run in plain lines: nothing is redrawn; decoding is told every tenth part, curves every twentieth. */
export function lineTeller(io: Teller): OnEvent {
  let tenth = -1
  let steps = 0
  let told = 0
  const plan = followed(io)
  return event => {
    const left = plan.after(event)
    if (event.type === 'phase' && event.phase === 'steps') steps = event.total
    if (event.type === 'point') {
      // Every twentieth part of the run.
      if (event.point.step < told + steps / 20 && event.point.step < steps) return
      told = event.point.step
    }
    // Those of a point that was told.
    if (event.type === 'figures' && event.step !== told) return
    if (event.type === 'clips') {
      const now = Math.floor((10 * event.done) / event.total)
      if (now !== tenth) io.stderr(`clips decoded: ${event.done}/${event.total}\n`)
      tenth = now
      return
    }
    const line = eventWords(event, plan.metric)
    const suffix = left?.ended ? `; ${leftWords(left.seconds)}` : ''
    if (line !== undefined) io.stderr(`${line}${suffix}\n`)
  }
}

import type { RunEvent } from '../../../runs/events.ts'
import { type Part, type Phase, totalOf } from '../../../runs/phase.ts'

/** A run that is over; `budgets`: what it counts for. */
export interface Ended {
  readonly part: Part
  readonly of: string
  readonly budgets: number
}

/** The run that an event is the end of. */
export function endedBy(event: RunEvent): Ended | undefined {
  if (event.type === 'episode') return { part: 'episodes', of: 'policy', budgets: 1 }
  return event.type === 'run' ? endedRun(event.key) : undefined
}

/** By the key that it is remembered under: `search/<name>/<rate>/<head rate>/<budgets>/<seed>`, `<name>/<seed>`, `<name> x2/<seed>`. */
export function endedRun(key: string): Ended {
  const parts = key.split('/')
  if (parts[0] === 'search') return { part: 'searches', of: parts[1], budgets: Number(parts[4]) }
  const twice = parts[0].endsWith(' x2')
  return { part: 'final runs', of: parts[0].replace(/ x2$/, ''), budgets: twice ? 2 : 1 }
}

/** What is left after it: what should have come before is over, however many runs it was to have. */
export function after(phases: readonly Phase[], { part, of, budgets }: Ended): readonly Phase[] {
  const at = phases.findIndex(phase => phase.part === part && phase.of === of)
  if (at < 0) return phases
  const { runs, ...phase } = phases[at]
  const left = { least: Math.max(0, runs.least - budgets), most: Math.max(0, runs.most - budgets) }
  return [{ ...phase, runs: left }, ...phases.slice(at + 1)]
}

export interface TimeLeft {
  /** Takes note of a run's end, `now` in milliseconds. */
  end(ended: Ended, now: number): void
  /** Seconds, halfway between the least and the most. */
  at(now: number): number
}

/**
 * Follows a plan: what runs took replaces what was estimated for runs of their kind, and corrects the others. Time is
 * counted from one end to the next, so that episodes side by side are not counted twice.
 */
export function timeLeft(planned: readonly Phase[], start: number): TimeLeft {
  const taken = new Map<string, { seconds: number; budgets: number }>()
  const all = { taken: 0, estimated: 0 }
  let phases = planned
  let last = start
  const eachOf = (phase: Phase): number => {
    const known = taken.get(kindOf(phase))
    if (known !== undefined) return known.seconds / known.budgets
    return estimateOf(phase) * (all.estimated > 0 ? all.taken / all.estimated : 1)
  }
  return {
    end(ended, now) {
      const phase = phases.find(({ part, of }) => part === ended.part && of === ended.of)
      const seconds = (now - last) / 1000
      last = now
      phases = after(phases, ended)
      if (phase === undefined) return
      const { seconds: before, budgets } = taken.get(kindOf(phase)) ?? { seconds: 0, budgets: 0 }
      taken.set(kindOf(phase), { seconds: before + seconds, budgets: budgets + ended.budgets })
      if (phase.solved) return
      all.taken += seconds
      all.estimated += ended.budgets * estimateOf(phase)
    },
    at(now) {
      const [current] = phases.filter(({ runs }) => runs.most > 0)
      if (current === undefined) return 0
      const corrected = phases.map(phase => {
        const each = eachOf(phase)
        return { ...phase, seconds: { least: each, most: each } }
      })
      const { least, most } = totalOf(corrected)
      // A run that takes longer than it should says nothing yet of those after it.
      return Math.max(0, (least + most) / 2 - Math.min((now - last) / 1000, eachOf(current)))
    },
  }
}

function estimateOf({ seconds }: Phase): number {
  return (seconds.least + seconds.most) / 2
}

/** Search and final runs of a schedule are alike; where it is solved, that is done once. */
function kindOf({ part, of, solved }: Phase): string {
  return solved ? `${part}/${of}` : of
}

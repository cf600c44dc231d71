import type { LearnReport } from '../../../agents/agent.ts'
import type { Rollout } from '../../play/collecting.ts'
import type { CurvePoint } from '../../play/points.ts'

/** Since the last point. */
export interface CurveState {
  returns: number[]
  lengths: number[]
  ends: number[]
  /** Sum and number of each figure: an update may leave some out. */
  figures: Record<string, [sum: number, count: number]>
}

interface Addition {
  readonly rollout: Rollout
  readonly report: LearnReport
  readonly steps: number
  readonly updates: number
  readonly seconds: number
  /** Closes the point whatever its length. */
  readonly last: boolean
}

/** Episodes that a moving mean takes: Stable-Baselines3's `stats_window_size`. */
const RECENT = 100

/** Gathers what a run tells into points, one every so many steps. */
export class Curve {
  points: readonly CurvePoint[] = []
  private open: CurveState = empty()

  constructor(private readonly every: number) {}

  /** Returns the point that this completes, if it does. */
  add({ rollout, report, steps, updates, seconds, last }: Addition): CurvePoint | undefined {
    const { open } = this
    for (const episode of rollout.episodes) {
      open.returns.push(episode.return)
      open.lengths.push(episode.length)
      open.ends.push(episode.step)
    }
    for (const [name, value] of Object.entries(report)) {
      const [sum, count] = open.figures[name] ?? [0, 0]
      open.figures[name] = [sum + value, count + 1]
    }
    const before = this.points.at(-1)?.step ?? 0
    if (!last && Math.floor(steps / this.every) === Math.floor(before / this.every)) return undefined
    const means = Object.entries(open.figures).map(([name, [sum, count]]) => [name, sum / count])
    const { returns, lengths, ends } = open
    const point = { step: steps, seconds, returns, lengths, ends, updates, report: Object.fromEntries(means) }
    this.points = [...this.points, point]
    this.open = empty()
    return point
  }

  /** Of the last hundred training episodes up to the last point. */
  get recentReturns(): readonly number[] {
    const recent: number[] = []
    for (let i = this.points.length - 1; i >= 0 && recent.length < RECENT; i--) {
      recent.unshift(...this.points[i].returns.slice(recent.length - RECENT))
    }
    return recent
  }

  /** Besides its points. */
  state(): CurveState {
    return structuredClone(this.open)
  }

  restore(state: CurveState, points: readonly CurvePoint[]): void {
    this.points = points
    this.open = structuredClone(state)
  }
}

function empty(): CurveState {
  return { returns: [], lengths: [], ends: [], figures: {} }
}

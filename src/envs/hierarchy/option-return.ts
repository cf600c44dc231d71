import { standardError } from '../../common/statistics.ts'
import type { RoundResult } from '../world.ts'

/**
 * What a choice that lasts several rounds is paid: R = Σ_{i<τ} γ^i r_{t+i} over its τ rounds (options: Sutton, Precup &
 * Singh 1999). What follows it is worth γ^τ.
 */
export class OptionReturn {
  reward = 0
  /** Rounds so far. */
  duration = 0
  last: RoundResult | undefined
  private replicates: Float64Array | undefined

  /** @param gamma the discount a round */
  constructor(private readonly gamma: number) {}

  add(round: RoundResult): this {
    const discount = this.gamma ** this.duration
    this.pay(round, discount)
    this.duration++
    return this
  }

  /** Ending the run lasts no round: what it pays is not discounted. */
  end(stopped: RoundResult): this {
    this.pay(stopped, 1)
    return this
  }

  /** Standard error of the reward that comes from the choice of the items it is measured on. */
  get noise(): number {
    return standardError(this.replicates ?? new Float64Array())
  }

  private pay(round: RoundResult, factor: number): void {
    this.reward += factor * round.reward
    const before = this.replicates
    this.replicates = round.replicates.map((value, item) => (before?.[item] ?? 0) + factor * value)
    this.last = round
  }
}

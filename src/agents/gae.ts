import type { Steps } from './arrays.ts'
import type { Rewarded } from './returns.ts'

/** γ and λ. */
interface Discounts {
  readonly gamma: number
  readonly lambda: number
}

/**
 * Generalized advantage estimates of one trajectory (Schulman et al. 2016, equations 11 and 16), for actions that
 * last τ rounds (an option discounts what follows by γ^τ; Sutton, Precup & Singh 1999):
 * δ_t = r_t + γ^τ V(s_{t+1}) − V(s_t), A_t = δ_t + γ^τ λ A_{t+1}.
 * @param values V(s_t), one a transition
 * @param bootstrap V(final observation) where the trajectory was cut (truncated), 0 where it ended (terminated)
 * @returns A_t, one a transition; A_t + V(s_t) are the λ-returns
 */
export function generalizedAdvantages(
  transitions: readonly Rewarded[],
  values: ArrayLike<number>,
  bootstrap: number,
  discounts: Discounts,
): Float64Array {
  const rows = transitions.length
  const steps = {
    rows,
    rewards: Float64Array.from(transitions, ({ reward }) => reward),
    durations: Float64Array.from(transitions, ({ duration }) => duration),
    stretches: [{ episode: 0, rows, cut: true }],
  }
  const all = new Float64Array(rows + 1)
  for (let t = 0; t < rows; t++) all[t] = values[t]
  all[rows] = bootstrap
  return advantagesOf(steps, all, discounts)
}

/**
 * Those of many trajectories, one after the other.
 * @param values V(s) of all steps, then of what followed each stretch that was cut, in order
 */
export function advantagesOf(
  { rows, rewards, durations, stretches }: Steps,
  values: ArrayLike<number>,
  { gamma, lambda }: Discounts,
): Float64Array {
  const advantages = new Float64Array(rows)
  let [from, followed] = [0, rows]
  for (const stretch of stretches) {
    let nextValue = stretch.cut ? values[followed++] : 0
    let nextAdvantage = 0
    for (let t = from + stretch.rows - 1; t >= from; t--) {
      const duration = durations === undefined ? 1 : durations[t]
      // Powers take longer than all the rest.
      const discount = duration === 1 ? gamma : gamma ** duration
      nextAdvantage = rewards[t] + discount * nextValue - values[t] + discount * lambda * nextAdvantage
      nextValue = values[t]
      advantages[t] = nextAdvantage
    }
    from += stretch.rows
  }
  return advantages
}

import type { Rewarded } from './returns.ts'

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
  { gamma, lambda }: { readonly gamma: number; readonly lambda: number },
): Float64Array {
  const advantages = new Float64Array(transitions.length)
  let nextValue = bootstrap
  let nextAdvantage = 0
  for (let t = transitions.length - 1; t >= 0; t--) {
    const { reward, duration } = transitions[t]
    // Powers take longer than all the rest.
    const discount = duration === 1 ? gamma : gamma ** duration
    nextAdvantage = reward + discount * nextValue - values[t] + discount * lambda * nextAdvantage
    nextValue = values[t]
    advantages[t] = nextAdvantage
  }
  return advantages
}

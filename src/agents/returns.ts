/** The part of a transition that returns are made of. */
export interface Rewarded {
  readonly reward: number
  /** τ, decision rounds. */
  readonly duration: number
}

/**
 * Discounted returns, G_t = r_t + γ^{τ_t} G_{t+1}, one a transition; after the last comes `bootstrap`.
 * An action that lasts τ rounds discounts what follows by γ^τ (Sutton, Precup & Singh 1999), so steps within a
 * round (τ = 0) don't.
 * @param bootstrap V(final observation) where the episode was cut (truncated), 0 where it ended (terminated)
 */
export function discountedReturns(
  transitions: readonly Rewarded[],
  gamma: number,
  bootstrap: number,
): Float64Array {
  const returns = new Float64Array(transitions.length)
  let next = bootstrap
  for (let t = transitions.length - 1; t >= 0; t--) {
    next = transitions[t].reward + gamma ** transitions[t].duration * next
    returns[t] = next
  }
  return returns
}

/** In place: mean 0, standard deviation 1 (population); left at mean 0 where all are equal. */
export function normalize(values: Float64Array): void {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length
  const deviation = Math.sqrt(variance)
  for (let i = 0; i < values.length; i++) values[i] = (values[i] - mean) / (deviation + 1e-8)
}

import type { Mdp } from './tabular.ts'

/** Optimal values of a process, and what an optimal agent can expect of an episode. */
export interface Optimum {
  /** V*(s), [states]. */
  readonly values: readonly number[]
  /** Q*(s, a), [states][actions]; −∞ where the action is forbidden. */
  readonly actionValues: readonly (readonly number[])[]
  /** Σ start(s) V*(s). */
  readonly expectedReturn: number
}

/**
 * Value iteration (Bellman 1957): V(s) ← max_a Σ p (r + γ V(s′)), until no value changes by more than `tolerance`.
 * With `horizon`, exactly so many sweeps: the best within so many steps, where a time limit cuts.
 */
export function optimum(
  mdp: Mdp,
  options: { readonly gamma?: number; readonly tolerance?: number; readonly horizon?: number } = {},
): Optimum {
  const { gamma = 1, tolerance = 1e-12, horizon = Infinity } = options
  let values: readonly number[] = new Array<number>(mdp.states).fill(0)
  let actionValues: readonly (readonly number[])[] = []
  let change = Infinity
  for (let sweep = 0; sweep < horizon && change > tolerance; sweep++) {
    actionValues = values.map((_, state) => backup(mdp, state, values, gamma))
    const better = actionValues.map(row => Math.max(...row))
    change = Math.max(...better.map((value, state) => Math.abs(value - values[state])))
    values = better
  }
  const expectedReturn = mdp.start.reduce((sum, probability, state) => sum + probability * values[state], 0)
  return { values, actionValues, expectedReturn }
}

function backup(mdp: Mdp, state: number, values: readonly number[], gamma: number): readonly number[] {
  return Array.from({ length: mdp.actions }, (_, action) => {
    if (mdp.allowed?.(state, action) === false) return -Infinity
    return mdp
      .outcomes(state, action)
      .reduce(
        (sum, { probability, reward, next, terminated }) =>
          sum + probability * (reward + (terminated ? 0 : gamma * values[next])),
        0,
      )
  })
}

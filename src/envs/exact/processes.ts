import type { Mdp, Outcome } from './tabular.ts'

/** One pull an episode: arm i pays 1 with probability `means[i]`. Optimum: the highest mean. */
export function bandit(means: readonly number[]): Mdp {
  const pay = (probability: number, reward: number) => ({ probability, next: 0, reward, terminated: true })
  return {
    states: 1,
    actions: means.length,
    start: [1],
    outcomes: (_, arm) => [pay(means[arm], 1), pay(1 - means[arm], 0)],
    draw: () => `${means.length} arms`,
  }
}

/**
 * States in a row, the start at the left. Action 1 moves right, and with probability `slip` left; at the right end it
 * pays 1 and ends. Action 0 takes `small` and ends: the greedy temptation. Optimum from value iteration.
 */
export function chain(length: number, slip: number, small: number): Mdp {
  const last = length - 1
  const move = (to: number, probability: number): Outcome => {
    const next = Math.max(to, 0)
    return { probability, next, reward: next === last ? 1 : 0, terminated: next === last }
  }
  return {
    states: length,
    actions: 2,
    start: startAt(0, length),
    outcomes(state, action) {
      if (state === last) return [{ probability: 1, next: state, reward: 0, terminated: true }]
      if (action === 0) return [{ probability: 1, next: state, reward: small, terminated: true }]
      return [move(state + 1, 1 - slip), move(state - 1, slip)].filter(({ probability }) => probability > 0)
    },
    draw: state => inRow(state, length),
  }
}

/**
 * A row of cells with the prize at the right: action 0 left, 1 right, 2 take. Walls forbid a move, and only at the
 * prize may be taken. Reward −0.1 a step and 1 for the prize, which ends. Optimum: 1 − 0.1 · (steps to walk).
 */
export function maskedWalk(length: number): Mdp {
  const last = length - 1
  return {
    states: length,
    actions: 3,
    start: Array.from({ length }, () => 1 / length),
    allowed: (state, action) => (action === 0 ? state > 0 : action === 1 ? state < last : state === last),
    outcomes: (state, action) =>
      action === 2
        ? [{ probability: 1, next: state, reward: 1, terminated: true }]
        : [{ probability: 1, next: state + 2 * action - 1, reward: -0.1, terminated: false }],
    draw: state => inRow(state, length),
  }
}

/**
 * A T-maze (Bakker 2001): the first observation says which way pays (0 left, 1 right), then comes a corridor of
 * `length` cells that look alike from both, then the junction, where the action that was shown gives 1 and the other
 * −1. Actions in the corridor change nothing. Optimum 1; without memory 0.
 */
export function memory(length: number): Mdp {
  const junction = length + 1
  const place = (state: number) => state >> 1
  return {
    states: 2 * (junction + 1),
    actions: 2,
    start: startAt(0, 2 * (junction + 1)).map((_, state) => (place(state) === 0 ? 0.5 : 0)),
    // 0 and 1 are the cues, 2 … the corridor's cells and the junction.
    observations: junction + 2,
    observe: state => (place(state) === 0 ? state : place(state) + 1),
    outcomes: (state, action) =>
      place(state) === junction
        ? [{ probability: 1, next: state, reward: action === (state & 1) ? 1 : -1, terminated: true }]
        : [{ probability: 1, next: state + 2, reward: 0, terminated: false }],
    draw: state => `${inRow(place(state), junction + 1)} (${(state & 1) === 0 ? 'left' : 'right'} pays)`,
  }
}

/**
 * The same as a walk: the first cell says which way pays at the end of `length` steps east, and all others look alike up to
 * the junction. Actions north, east, south, west; whatever doesn't lead on east costs 0.1, and at the junction north and
 * south end with 1 or −1. Optimum 1; without memory 0. (Rewards as in Ni et al. 2023: walking is learned at once.)
 */
export function tMaze(length: number): Mdp {
  const [north, east, south, west] = [0, 1, 2, 3]
  const place = (state: number) => state >> 1
  return {
    states: 2 * (length + 1),
    actions: 4,
    start: startAt(0, 2 * (length + 1)).map((_, state) => (place(state) === 0 ? 0.5 : 0)),
    // 0 and 1 are the cues, 2 the corridor's cells, 3 the junction.
    observations: 4,
    observe: state => (place(state) === 0 ? state : place(state) === length ? 3 : 2),
    outcomes(state, action) {
      const at = place(state)
      if (at === length && (action === north || action === south)) {
        const pays = (action === north) === ((state & 1) === 0)
        return [{ probability: 1, next: state, reward: pays ? 1 : -1, terminated: true }]
      }
      const step = action === east && at < length ? 1 : action === west && at > 0 ? -1 : 0
      return [{ probability: 1, next: state + 2 * step, reward: step === 1 ? 0 : -0.1, terminated: false }]
    },
    draw: state => `${inRow(place(state), length + 1)} (${(state & 1) === 0 ? 'north' : 'south'} pays)`,
  }
}

function startAt(state: number, states: number): number[] {
  return Array.from({ length: states }, (_, i) => (i === state ? 1 : 0))
}

function inRow(position: number, length: number): string {
  return `${'.'.repeat(position)}@${'.'.repeat(length - 1 - position)}`
}

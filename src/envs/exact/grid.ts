import { inputError } from '../../common/error.ts'
import type { Mdp, Outcome } from './tabular.ts'

/** Gymnasium's maps: S start, F frozen, H hole, G goal. */
export const FROZEN_LAKES = {
  '4x4': ['SFFF', 'FHFH', 'FFFH', 'HFFG'],
  '8x8': ['SFFFFFFF', 'FFFFFFFF', 'FFFHFFFF', 'FFFFFHFF', 'FFFHFFFF', 'FHHFFFHF', 'FHFFHFHF', 'FFFHFFFG'],
} as const

export interface GridRules {
  /** Rows of letters: S start, G goal and H hole end the episode, # is a wall, anything else is floor. */
  readonly map: readonly string[]
  /** How likely a move goes where it was meant to; the rest goes to both sides, in halves. */
  readonly successRate: number
  /** Rewards for arriving at the goal, in a hole, and anywhere else. */
  readonly rewards: readonly [goal: number, hole: number, step: number]
}

/**
 * A world of cells, numbered by rows, with actions 0 left, 1 down, 2 right, 3 up; a move against the border or a wall
 * stays. FrozenLake's transitions: gymnasium/envs/toy_text/frozen_lake.py.
 * @throws input error unless the map is a rectangle with a start and a goal
 */
export function grid({ map, successRate, rewards }: GridRules): Mdp {
  const [rows, columns] = [map.length, map[0]?.length ?? 0]
  const cells = [...map.join('')]
  if (map.some(row => row.length !== columns) || !cells.includes('S') || !cells.includes('G')) {
    throw inputError(
      'env.map',
      `a map has rows of equal length, a start S and a goal G, not ${JSON.stringify(map)}`,
    )
  }
  const starts = cells.filter(cell => cell === 'S').length
  const ends = (state: number) => cells[state] === 'G' || cells[state] === 'H'

  const arrive = (state: number, direction: number, probability: number): Outcome => {
    const [down, right] = MOVES[direction]
    const row = clamp(Math.floor(state / columns) + down, rows - 1)
    const column = clamp((state % columns) + right, columns - 1)
    const there = row * columns + column
    const next = cells[there] === '#' ? state : there
    const reward = cells[next] === 'G' ? rewards[0] : cells[next] === 'H' ? rewards[1] : rewards[2]
    return { probability, next, reward, terminated: ends(next) }
  }
  return {
    states: cells.length,
    actions: 4,
    start: cells.map(cell => (cell === 'S' ? 1 / starts : 0)),
    outcomes(state, action) {
      if (ends(state)) return [{ probability: 1, next: state, reward: 0, terminated: true }]
      if (successRate === 1) return [arrive(state, action, 1)]
      const side = (1 - successRate) / 2
      return [
        arrive(state, (action + 3) % 4, side),
        arrive(state, action, successRate),
        arrive(state, (action + 1) % 4, side),
      ]
    },
    draw: state =>
      map
        .map((line, row) =>
          [...line]
            .map((cell, column) => (row * columns + column === state ? `\u001b[41m${cell}\u001b[0m` : cell))
            .join(''),
        )
        .join('\n'),
  }
}

/** [down, right] of left, down, right, up. */
const MOVES = [
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
] as const

function clamp(value: number, max: number): number {
  return Math.min(Math.max(value, 0), max)
}

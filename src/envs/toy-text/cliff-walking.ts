import type { Mdp, Outcome } from '../exact/tabular.ts'

const [ROWS, COLUMNS] = [4, 12]
const START = (ROWS - 1) * COLUMNS
const GOAL = ROWS * COLUMNS - 1

/** [down, right] of 0 up, 1 right, 2 down, 3 left. */
const MOVES = [
  [-1, 0],
  [0, 1],
  [1, 0],
  [0, -1],
] as const

/**
 * A walk along a cliff (Sutton & Barto, example 6.6) from the lower left to the lower right: −1 a step; in the cliff between
 * them −100, and back to the start. `slippery`: a third of the moves goes to either side. Transitions, those of cells that are never
 * reached too: gymnasium/envs/toy_text/cliffwalking.py.
 */
export function cliffWalking(slippery: boolean): Mdp {
  const move = (state: number, direction: number, probability: number): Outcome => {
    const [down, right] = MOVES[direction]
    const row = clamp(Math.floor(state / COLUMNS) + down, ROWS - 1)
    const column = clamp((state % COLUMNS) + right, COLUMNS - 1)
    const next = row * COLUMNS + column
    if (isCliff(next)) return { probability, next: START, reward: -100, terminated: false }
    return { probability, next, reward: -1, terminated: next === GOAL }
  }
  return {
    states: ROWS * COLUMNS,
    actions: MOVES.length,
    start: Array.from({ length: ROWS * COLUMNS }, (_, state) => (state === START ? 1 : 0)),
    outcomes: (state, action) =>
      slippery ? [3, 0, 1].map(turn => move(state, (action + turn) % 4, 1 / 3)) : [move(state, action, 1)],
    draw: drawn,
  }
}

function drawn(state: number): string {
  const letter = (cell: number) =>
    cell === state ? '\u001b[41mx\u001b[0m' : isCliff(cell) ? 'C' : cell === GOAL ? 'T' : 'o'
  return Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: COLUMNS }, (_, column) => letter(row * COLUMNS + column)).join(' '),
  ).join('\n')
}

function isCliff(cell: number): boolean {
  return cell > START && cell < GOAL
}

function clamp(value: number, max: number): number {
  return Math.min(Math.max(value, 0), max)
}

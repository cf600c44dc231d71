import { Discrete, defineEnv, type Env, type EnvSpec, type ResetResult, type StepResult } from 'layergym'
import { z } from 'zod'

/** How far each column's wind blows upwards. */
const WIND = [0, 0, 0, 1, 1, 1, 2, 2, 1, 0]
const ROWS = 7
const START = { row: 3, column: 0 }
const GOAL = { row: 3, column: 7 }
/** Up, right, down, left, as [rows, columns]. */
const MOVES = [
  [-1, 0],
  [0, 1],
  [1, 0],
  [0, -1],
] as const

/**
 * The windy gridworld (Sutton and Barto 2018, example 6.5): from the left to a goal that the wind blows past. −1 a
 * step; the shortest way takes 15.
 */
export class WindyGridworld implements Env<number, number> {
  readonly observationSpace = new Discrete(ROWS * WIND.length)
  readonly actionSpace = new Discrete(MOVES.length)
  private row = START.row
  private column = START.column
  private over = true

  constructor(
    readonly spec: EnvSpec,
    private readonly wind: number,
  ) {}

  reset(): ResetResult<number> {
    this.row = START.row
    this.column = START.column
    this.over = false
    return { observation: this.cell, info: {} }
  }

  step(action: number): StepResult<number> {
    if (this.over) throw new Error(`the episode of ${this.spec.id} is over: call reset() before step()`)
    const [down, right] = MOVES[action]
    this.row = clamp(this.row + down - this.wind * WIND[this.column], ROWS - 1)
    this.column = clamp(this.column + right, WIND.length - 1)
    this.over = this.row === GOAL.row && this.column === GOAL.column
    return { observation: this.cell, reward: -1, terminated: this.over, truncated: false, info: {} }
  }

  snapshot(): { readonly row: number; readonly column: number; readonly over: boolean } {
    return { row: this.row, column: this.column, over: this.over }
  }

  restore(snapshot: unknown): void {
    Object.assign(this, snapshot)
  }

  render(): string {
    return Array.from({ length: ROWS }, (_, row) =>
      WIND.map((_, column) =>
        row === this.row && column === this.column ? '@' : isGoal(row, column) ? 'G' : '.',
      ).join(''),
    ).join('\n')
  }

  private get cell(): number {
    return this.row * WIND.length + this.column
  }
}

export const windyGridworld = defineEnv({
  description: 'to a goal that the wind blows past, -1 a step',
  maxEpisodeSteps: 500,
  rewardThreshold: -15,
  options: z.strictObject({
    wind: z
      .number()
      .int()
      .min(0)
      .max(3)
      .default(1)
      .describe('how strong the wind is: 1 as in the book, 0 none'),
  }),
  make: (spec, { wind }) => new WindyGridworld(spec, wind),
})

function isGoal(row: number, column: number): boolean {
  return row === GOAL.row && column === GOAL.column
}

function clamp(value: number, max: number): number {
  return Math.min(Math.max(value, 0), max)
}

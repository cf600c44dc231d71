import { type Rules, SIDE } from './game.ts'

export interface BreakoutState {
  /** Column. */
  paddle: number
  ball: Ball
  /** Where the ball was a frame ago. */
  trail: Pick<Ball, 'row' | 'column'>
  /** 1 where there is a brick, [100]. */
  bricks: Uint8Array
  /** The ball broke a brick, or flew through one, in the last frame: it breaks none in this one. */
  inBricks: boolean
}

interface Ball {
  readonly row: number
  readonly column: number
  readonly down: 1 | -1
  readonly right: 1 | -1
}

const LAST = SIDE - 1
const MIDDLE = 4
const ROWS_OF_BRICKS = [1, 2, 3] as const
const [PADDLE, BALL, TRAIL, BRICK] = [0, 1, 2, 3] as const

/**
 * Rules of MinAtar's Breakout (Young & Tian 2019, arXiv:1903.03176, and its documentation): a ball flies diagonally, a paddle in the
 * lowest row keeps it in the game, three rows of bricks are worth 1 each, and come again when all are broken and the ball is at
 * the bottom. The ball turns back the way it came from where it would fly onto the paddle, and is mirrored where it is above it.
 */
export const breakout: Rules<BreakoutState> = {
  channels: [
    { name: 'paddle', color: [80, 160, 255] },
    { name: 'ball', color: [255, 255, 255] },
    { name: 'trail', color: [120, 120, 120] },
    { name: 'brick', color: [220, 100, 60] },
  ],
  actions: ['stay', 'left', 'right'],
  start(rng) {
    const fromRight = rng.int(2) === 1
    const column = fromRight ? LAST : 0
    return {
      paddle: MIDDLE,
      ball: { row: 3, column, down: 1, right: fromRight ? -1 : 1 },
      trail: { row: 3, column },
      bricks: wall(),
      inBricks: false,
    }
  },
  advance(state, action) {
    state.paddle = Math.min(Math.max(state.paddle + (action === 0 ? 0 : 2 * action - 3), 0), LAST)
    const { ball } = state
    const flown = mirrored({ ...ball, row: ball.row + ball.down, column: ball.column + ball.right })
    const cell = flown.row * SIDE + flown.column
    state.trail = { row: ball.row, column: ball.column }
    const meetsBrick = flown.row >= 0 && state.bricks[cell] === 1
    const breaks = meetsBrick && !state.inBricks
    state.inBricks = meetsBrick
    if (breaks) state.bricks[cell] = 0
    if (flown.row < 0) state.ball = { ...flown, row: 0, down: 1 }
    else if (breaks) state.ball = { ...flown, row: ball.row, down: opposite(ball.down) }
    else state.ball = flown
    if (flown.row < LAST) return { reward: breaks ? 1 : 0, ended: false }
    if (!state.bricks.includes(1)) state.bricks = wall()
    const above = ball.column === state.paddle
    const towards = flown.column === state.paddle
    if (above) state.ball = { ...flown, row: ball.row, down: -1 }
    else if (towards) state.ball = { ...flown, row: ball.row, down: -1, right: opposite(flown.right) }
    return { reward: 0, ended: !above && !towards }
  },
  paint({ paddle, ball, trail, bricks }, put) {
    for (const [cell, brick] of bricks.entries()) {
      if (brick === 1) put(BRICK, Math.floor(cell / SIDE), cell % SIDE)
    }
    put(TRAIL, trail.row, trail.column)
    put(PADDLE, LAST, paddle)
    put(BALL, ball.row, ball.column)
  },
}

/** Off the sides. */
function mirrored(ball: Ball): Ball {
  const column = Math.min(Math.max(ball.column, 0), LAST)
  return column === ball.column ? ball : { ...ball, column, right: opposite(ball.right) }
}

function opposite(direction: 1 | -1): 1 | -1 {
  return direction === 1 ? -1 : 1
}

function wall(): Uint8Array {
  const bricks = new Uint8Array(SIDE * SIDE)
  for (const row of ROWS_OF_BRICKS) bricks.fill(1, row * SIDE, (row + 1) * SIDE)
  return bricks
}

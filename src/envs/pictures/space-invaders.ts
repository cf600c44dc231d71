import { type Rules, SIDE } from './game.ts'

/** Cells as [100], 1 where something is. */
export interface SpaceInvadersState {
  /** Column. */
  cannon: number
  aliens: Uint8Array
  heading: 1 | -1
  shots: Uint8Array
  bombs: Uint8Array
  /** Frames between moves of the aliens while they are many. */
  pace: number
  /** Frames until aliens move, until they drop a bomb, until the cannon is loaded. */
  untilMove: number
  untilBomb: number
  untilLoaded: number
}

const LAST = SIDE - 1
const SLOWEST = 12
const FASTEST = 6
const BOMB_INTERVAL = 10
const LOADING = 5
const [LEFT, RIGHT, FIRE] = [1, 2, 3] as const
const [CANNON, ALIEN, ALIEN_LEFT, ALIEN_RIGHT, SHOT, BOMB] = [0, 1, 2, 3, 4, 5] as const

/**
 * Rules of MinAtar's Space Invaders (Young & Tian 2019, arXiv:1903.03176, and its documentation): 24 aliens march to and fro and
 * down, the faster the fewer there are, and drop bombs from above the cannon; one that is shot is worth 1. The next wave is faster, up to twice
 * as fast as the first.
 */
export const spaceInvaders: Rules<SpaceInvadersState> = {
  channels: [
    { name: 'cannon', color: [80, 160, 255] },
    { name: 'alien', color: [220, 100, 60] },
    { name: 'alien to the left', color: [220, 100, 60] },
    { name: 'alien to the right', color: [220, 160, 60] },
    { name: 'shot', color: [255, 255, 255] },
    { name: 'bomb', color: [240, 60, 160] },
  ],
  actions: ['stay', 'left', 'right', 'fire'],
  start: () => ({
    cannon: 5,
    aliens: wave(),
    heading: -1,
    shots: new Uint8Array(SIDE * SIDE),
    bombs: new Uint8Array(SIDE * SIDE),
    pace: SLOWEST,
    untilMove: SLOWEST,
    untilBomb: BOMB_INTERVAL,
    untilLoaded: 0,
  }),
  advance(state, action) {
    steer(state, action)
    state.shots = shifted(state.shots, -1)
    state.bombs = shifted(state.bombs, 1)
    const cannon = LAST * SIDE + state.cannon
    let ended = state.bombs[cannon] === 1 || state.aliens[cannon] === 1
    if (state.untilMove === 0) ended = march(state) || ended || state.aliens[cannon] === 1
    if (state.untilBomb === 0) {
      state.untilBomb = BOMB_INTERVAL
      state.bombs[bomber(state)] = 1
    }
    const reward = shootDown(state)
    state.untilLoaded = Math.max(0, state.untilLoaded - 1)
    state.untilMove--
    state.untilBomb--
    if (!state.aliens.includes(1)) {
      state.pace = Math.max(FASTEST, state.pace - 1)
      state.aliens = wave()
    }
    return { reward, ended }
  },
  paint({ cannon, aliens, heading, shots, bombs }, put) {
    const paintAll = (cells: Uint8Array, channel: number) => {
      for (const [cell, there] of cells.entries()) {
        if (there === 1) put(channel, Math.floor(cell / SIDE), cell % SIDE)
      }
    }
    paintAll(aliens, ALIEN)
    paintAll(aliens, heading < 0 ? ALIEN_LEFT : ALIEN_RIGHT)
    paintAll(shots, SHOT)
    paintAll(bombs, BOMB)
    put(CANNON, LAST, cannon)
  },
}

function steer(state: SpaceInvadersState, action: number): void {
  if (action === LEFT) state.cannon = Math.max(0, state.cannon - 1)
  if (action === RIGHT) state.cannon = Math.min(LAST, state.cannon + 1)
  if (action !== FIRE || state.untilLoaded > 0) return
  state.shots[LAST * SIDE + state.cannon] = 1
  state.untilLoaded = LOADING
}

/** Aliens go a cell on; at the edge down, and back from then on. True where they were down already. */
function march(state: SpaceInvadersState): boolean {
  const { aliens, heading } = state
  state.untilMove = Math.min(aliens.filter(Boolean).length, state.pace)
  const edge = heading < 0 ? 0 : LAST
  if (!rows().some(row => aliens[row * SIDE + edge] === 1)) {
    const moved = new Uint8Array(aliens.length)
    for (const [cell, there] of aliens.entries()) if (there === 1) moved[cell + heading] = 1
    state.aliens = moved
    return false
  }
  state.heading = heading < 0 ? 1 : -1
  const landed = aliens.subarray(LAST * SIDE).includes(1)
  // What leaves below comes in above, in the frame that ends the episode.
  state.aliens = Uint8Array.from(aliens, (_, cell) => aliens[(cell + aliens.length - SIDE) % aliens.length])
  return landed
}

/** The cell of the lowest alien in the column nearest to the cannon, the left one of two. */
function bomber({ aliens, cannon }: SpaceInvadersState): number {
  const columns = rows().filter(column => rows().some(row => aliens[row * SIDE + column] === 1))
  const nearest = columns.reduce((a, b) => (Math.abs(b - cannon) < Math.abs(a - cannon) ? b : a))
  const lowest = rows().findLast(row => aliens[row * SIDE + nearest] === 1) ?? 0
  return lowest * SIDE + nearest
}

/** Removes aliens with the shots that hit them; how many there were. */
function shootDown({ aliens, shots }: SpaceInvadersState): number {
  let hits = 0
  for (const cell of aliens.keys()) {
    if (aliens[cell] === 0 || shots[cell] === 0) continue
    aliens[cell] = 0
    shots[cell] = 0
    hits++
  }
  return hits
}

/** A row up (-1) or down; what leaves is gone. */
function shifted(cells: Uint8Array, down: 1 | -1): Uint8Array {
  return Uint8Array.from(cells, (_, cell) => cells[cell - down * SIDE] ?? 0)
}

function wave(): Uint8Array {
  return Uint8Array.from({ length: SIDE * SIDE }, (_, cell) => {
    const [row, column] = [Math.floor(cell / SIDE), cell % SIDE]
    return row < 4 && column >= 2 && column < 8 ? 1 : 0
  })
}

/** 0 … 9, of rows or of columns. */
function rows(): readonly number[] {
  return Array.from({ length: SIDE }, (_, i) => i)
}

import type { Mdp, Outcome } from '../exact/tabular.ts'

/** A line between cells is a wall. */
const MAP = ['R: | : :G', ' : | : : ', ' : : : : ', ' | : | : ', 'Y| : |B: '] as const
const SIDE = 5
/** [row, column] of red, green, yellow, blue. */
const STANDS = [
  [0, 0],
  [0, 4],
  [4, 0],
  [4, 3],
] as const
const STATES = 500
const ABOARD = 4
/** [down, right] of 0 south, 1 north, 2 east, 3 west. */
const MOVES = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const
/** Which moves are to the left and to the right of each. */
const SIDES = [
  [2, 3],
  [3, 2],
  [1, 0],
  [0, 1],
] as const
const PICK_UP = 4
const DROP_OFF = 5

interface TaxiRules {
  /** How likely a move goes where it was meant to; the rest goes to both sides, in halves. */
  readonly forward: number
  /** How likely a passenger is one who, once, after the first move aboard, wants to go elsewhere. */
  readonly fickle: number
  /** Masks hide walls, and picking up and dropping off where there is nobody or no stand: mistakes, which are carried out all the same. */
  readonly masked: boolean
}

interface Ride {
  readonly row: number
  readonly column: number
  /** A stand, or `ABOARD`. */
  readonly passenger: number
  readonly destination: number
}

/**
 * A taxi (Dietterich 2000) on 5 × 5 cells fetches a passenger from one of four stands and brings them to another: −1 a step, −10
 * for a wrong picking up or dropping off, 20 for arriving. Actions: south, north, east, west, pick up, drop off. States:
 * ((row · 5 + column) · 5 + passenger) · 4 + destination. Transitions, states that are never reached among them:
 * gymnasium/envs/toy_text/taxi.py.
 */
export function taxi({ forward, fickle, masked }: TaxiRules): Mdp {
  const isFickle = (state: number) => state >= STATES
  const outcomes = (state: number, action: number) => {
    const ride = decoded(state % STATES)
    const plain = action < PICK_UP ? driven(ride, action, forward) : [handled(ride, action)]
    if (!isFickle(state)) return plain
    return plain.flatMap(outcome => reconsidered(ride, outcome))
  }
  return {
    states: fickle === 0 ? STATES : 2 * STATES,
    actions: 6,
    start: starts(fickle),
    outcomes,
    ...(fickle > 0 && { observations: STATES, observe: (state: number) => state % STATES }),
    ...(masked && { advised: (state: number, action: number) => isAdvised(decoded(state % STATES), action) }),
    draw: state => drawn(decoded(state % STATES)),
  }
}

/** Anywhere, with a passenger at another stand than the destination; the second half of the states has the fickle ones. */
function starts(fickle: number): readonly number[] {
  const valid = Array.from({ length: STATES }, (_, state) => decoded(state)).map(
    ({ passenger, destination }) => passenger !== ABOARD && passenger !== destination,
  )
  const share = 1 / valid.filter(Boolean).length
  const half = (probability: number) => valid.map(each => (each ? share * probability : 0))
  return fickle === 0 ? half(1) : [...half(1 - fickle), ...half(fickle)]
}

/** Where the way ahead is closed nothing moves; else the taxi may be carried to a side, where that is open. */
function driven(ride: Ride, action: number, forward: number): readonly Outcome[] {
  const after = (direction: number) => encoded({ ...ride, ...moved(ride, direction) })
  if (forward === 1) return [outcome(1, after(action), -1)]
  const isOpen = after(action) !== encoded(ride)
  return [forward, ...SIDES[action].map(() => (1 - forward) / 2)].map((probability, i) => {
    const direction = i === 0 ? action : SIDES[action][i - 1]
    return outcome(probability, isOpen ? after(direction) : encoded(ride), -1)
  })
}

function handled(ride: Ride, action: number): Outcome {
  const stand = standAt(ride)
  if (action === PICK_UP) {
    const isThere = ride.passenger !== ABOARD && ride.passenger === stand
    return isThere ? outcome(1, encoded({ ...ride, passenger: ABOARD }), -1) : outcome(1, encoded(ride), -10)
  }
  if (ride.passenger !== ABOARD || stand < 0) return outcome(1, encoded(ride), -10)
  const next = encoded({ ...ride, passenger: stand })
  const arrives = stand === ride.destination
  return { ...outcome(1, next, arrives ? 20 : -1), terminated: arrives }
}

/** Of a passenger who hasn't yet changed their mind: after a move aboard they want to go to another stand, one of three. */
function reconsidered(before: Ride, { probability, next, ...rest }: Outcome): readonly Outcome[] {
  const after = decoded(next)
  const hasMoved = after.row !== before.row || after.column !== before.column
  if (before.passenger !== ABOARD || !hasMoved) return [{ probability, next: STATES + next, ...rest }]
  return STANDS.flatMap((_, destination) =>
    destination === before.destination
      ? []
      : [{ probability: probability / 3, next: encoded({ ...after, destination }), ...rest }],
  )
}

function isAdvised(ride: Ride, action: number): boolean {
  const stand = standAt(ride)
  if (action === PICK_UP) return ride.passenger !== ABOARD && ride.passenger === stand
  if (action === DROP_OFF) return ride.passenger === ABOARD && stand >= 0
  const { row, column } = moved(ride, action)
  return row !== ride.row || column !== ride.column
}

function moved({ row, column }: Ride, direction: number): Pick<Ride, 'row' | 'column'> {
  const [down, right] = MOVES[direction]
  const isClosed = right !== 0 && MAP[row][2 * column + right] !== ':'
  return isClosed
    ? { row, column }
    : { row: Math.min(Math.max(row + down, 0), SIDE - 1), column: column + right }
}

/** The stand where the taxi is; −1 for none. */
function standAt({ row, column }: Ride): number {
  return STANDS.findIndex(([standRow, standColumn]) => standRow === row && standColumn === column)
}

function outcome(probability: number, next: number, reward: number): Outcome {
  return { probability, next, reward, terminated: false }
}

function encoded({ row, column, passenger, destination }: Ride): number {
  return ((row * SIDE + column) * (STANDS.length + 1) + passenger) * STANDS.length + destination
}

function decoded(state: number): Ride {
  const place = Math.floor(state / 20)
  return {
    row: Math.floor(place / SIDE),
    column: place % SIDE,
    passenger: Math.floor(state / 4) % 5,
    destination: state % 4,
  }
}

function drawn({ row, column, passenger, destination }: Ride): string {
  const picture = MAP.map((line, y) =>
    [...line]
      .map((cell, x) => (y === row && x === 2 * column ? `\u001b[43m${cell}\u001b[0m` : cell))
      .join(''),
  )
  const names = ['red', 'green', 'yellow', 'blue', 'the taxi']
  return `${picture.join('\n')}\nfrom ${names[passenger]} to ${names[destination]}`
}

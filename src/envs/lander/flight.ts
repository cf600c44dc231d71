/** Of the body, in the middle of its hull: metres, radians (positive to the left), and their rates a second. */
export interface Motion {
  readonly x: number
  readonly y: number
  readonly angle: number
  readonly velocityX: number
  readonly velocityY: number
  readonly spin: number
}

export interface Thrust {
  /** 1 where the main engine burns. */
  readonly main: number
  /** Of the engines at the sides: -1 turns to the right and pushes to the left, 1 the other way. */
  readonly side: number
}

/** What a frame came to. */
export interface Flown {
  readonly motion: Motion
  /** Whether the left and the right leg stand on the ground. */
  readonly legs: readonly [left: boolean, right: boolean]
  /** The hull touched the ground. */
  readonly crashed: boolean
}

export const FRAMES_A_SECOND = 50
/** Substeps, so that legs, which are stiff, don't ring. */
const SUBSTEPS = 10
const STEP = 1 / (FRAMES_A_SECOND * SUBSTEPS)
const GRAVITY = 10
const MAIN_ACCELERATION = 18
const SIDE_ACCELERATION = 1.2
const SIDE_TORQUE = 3
/** Moment of inertia over mass, m². */
const INERTIA = 0.15
/** Feet and corners of the hull from its middle, metres. */
export const FEET = [
  [-0.67, -0.6],
  [0.67, -0.6],
] as const
export const HULL = [
  [-0.47, 0.57],
  [-0.57, 0],
  [-0.47, -0.33],
  [0.47, -0.33],
  [0.57, 0],
  [0.47, 0.57],
] as const
/** Of a leg, over mass: spring 1/s², damper 1/s, friction as a share of the load. */
const SPRING = 400
const DAMPER = 18
const FRICTION = 0.9
/** Most that a leg bears, over mass, m/s²: what falls faster than some 4.5 m/s goes through to the hull. */
const MOST_LOAD = 25

/** One frame of the body's flight over level ground at y = 0. */
export function flown(motion: Motion, thrust: Thrust): Flown {
  let now = motion
  let legs: readonly [boolean, boolean] = [false, false]
  for (let i = 0; i < SUBSTEPS; i++) {
    const loads = FEET.map(foot => loadOf(now, foot))
    legs = [loads[0] !== undefined, loads[1] !== undefined]
    now = moved(now, thrust, loads)
  }
  return { motion: now, legs, crashed: HULL.some(corner => placeOf(now, corner)[1] < 0) }
}

/** Where a point of the body is: metres from the pad, and above the ground. */
export function placeOf(
  { x, y, angle }: Motion,
  [right, up]: readonly [number, number],
): readonly [x: number, y: number] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return [x + cos * right - sin * up, y + sin * right + cos * up]
}

/** Acceleration that the ground gives, and the lever that it has. */
interface Load {
  readonly x: number
  readonly y: number
  readonly spin: number
}

/** Of a foot that is in the ground: a damped spring that only pushes, and friction against sliding. */
function loadOf(motion: Motion, foot: readonly [number, number]): Load | undefined {
  const [x, y] = placeOf(motion, foot)
  if (y >= 0) return undefined
  const [leverX, leverY] = [x - motion.x, y - motion.y]
  const sinking = motion.velocityY + motion.spin * leverX
  const sliding = motion.velocityX - motion.spin * leverY
  const up = Math.min(Math.max(0, -SPRING * y - DAMPER * sinking), MOST_LOAD)
  const most = FRICTION * up
  const along = Math.min(Math.max(-DAMPER * sliding, -most), most)
  return { x: along, y: up, spin: (leverX * up - leverY * along) / INERTIA }
}

/** Semi-implicit Euler. */
function moved(motion: Motion, { main, side }: Thrust, loads: readonly (Load | undefined)[]): Motion {
  const [cos, sin] = [Math.cos(motion.angle), Math.sin(motion.angle)]
  let accelerationX = -sin * main * MAIN_ACCELERATION + cos * side * SIDE_ACCELERATION
  let accelerationY = cos * main * MAIN_ACCELERATION + sin * side * SIDE_ACCELERATION - GRAVITY
  let torque = side * SIDE_TORQUE
  for (const load of loads) {
    accelerationX += load?.x ?? 0
    accelerationY += load?.y ?? 0
    torque += load?.spin ?? 0
  }
  const velocityX = motion.velocityX + STEP * accelerationX
  const velocityY = motion.velocityY + STEP * accelerationY
  const spin = motion.spin + STEP * torque
  return {
    ...{ velocityX, velocityY, spin },
    x: motion.x + STEP * velocityX,
    y: motion.y + STEP * velocityY,
    angle: motion.angle + STEP * spin,
  }
}

import { Canvas, type Frame } from '../../common/canvas.ts'
import { inputError } from '../../common/error.ts'
import { Rng, type RngState } from '../../common/random.ts'
import type { Env, EnvSpec, Info, ResetResult, Snapshot, StepResult } from '../env.ts'
import { Box, Discrete } from '../spaces.ts'
import { FEET, type Flown, FRAMES_A_SECOND, flown, HULL, placeOf } from './flight.ts'

/** Metres from the pad to a side, and what heights are measured by. */
const HALF_WIDTH = 10
const HALF_HEIGHT = 6.67
/** Of the hull's middle where the lander stands. */
const STANDING = -FEET[0][1]
/** Fastest that a lander starts, metres a second, either way. */
const FASTEST_START = 3.5
/** Frames at rest after which it has landed. */
const REST = 25
const [AT_REST, SPIN_AT_REST] = [0.05, 0.05]
const BOUNDS = [2.5, 2.5, 10, 10, 2 * Math.PI, 10, 1, 1]
const NO_INFO: Info = Object.freeze({})

/**
 * Land on a pad between flags: 0 nothing, 1 the left engine (turns to the left), 2 the main engine, 3 the right one. Observations
 * and rewards are those that Gymnasium documents of LunarLander (gymnasium/envs/box2d/lunar_lander.py); the physics is a rigid body
 * of its own over level ground, without Box2D, its terrain and its wind. So it is no copy: trajectories differ, and so do returns.
 *
 * Observation: [x, y over the pad, velocities, angle, spin, left and right leg down], in LunarLander's units. Reward: the change of
 * −100 (distance + speed + |angle|) + 10 a leg on the ground; −0.3 a frame of the main engine, −0.03 of the others; 100 where it has
 * landed, −100 where it crashed or left to a side.
 */
export class LunarLanderLite implements Env<Float32Array, number> {
  readonly observationSpace = new Box(
    BOUNDS.map((bound, i) => (i < 6 ? -bound : 0)),
    BOUNDS,
    [8],
  )
  readonly actionSpace = new Discrete(4)
  private rng: Rng
  private state: State = { ...ABOVE, rest: 0, shaping: 0, over: true }

  constructor(readonly spec: EnvSpec) {
    this.rng = Rng.of(0, spec.id)
  }

  reset(options?: { seed?: number }): ResetResult<Float32Array> {
    if (options?.seed !== undefined) this.rng = Rng.of(options.seed, this.spec.id)
    const speed = () => FASTEST_START * (2 * this.rng.next() - 1)
    const motion = { ...ABOVE.motion, velocityX: speed(), velocityY: speed() }
    const start = { ...ABOVE, motion }
    this.state = { ...start, rest: 0, shaping: shapingOf(unitsOf(start)), over: false }
    return { observation: this.observe(), info: NO_INFO }
  }

  step(action: number): StepResult<Float32Array> {
    const { spec, actionSpace, state } = this
    if (state.over) {
      throw inputError('env.ended', `the episode of ${spec.id} is over: call reset() before step()`)
    }
    if (!actionSpace.contains(action)) {
      const space = JSON.stringify(actionSpace)
      throw inputError('env.action', `${spec.id} takes actions of ${space}, not ${JSON.stringify(action)}`)
    }
    const main = action === 2 ? 1 : 0
    const side = action === 1 ? 1 : action === 3 ? -1 : 0
    const after = flown(state.motion, { main, side })
    const units = unitsOf(after)
    const lost = after.crashed || Math.abs(units[0]) >= 1
    const rest = isAtRest(after) ? state.rest + 1 : 0
    const landed = !lost && rest >= REST
    const shaping = shapingOf(units)
    const fuel = 0.3 * main + 0.03 * Math.abs(side)
    const reward = lost ? -100 : landed ? 100 : shaping - state.shaping - fuel
    this.state = { ...after, rest, shaping, over: lost || landed }
    return {
      observation: this.observe(),
      reward,
      terminated: lost || landed,
      truncated: false,
      info: NO_INFO,
    }
  }

  snapshot(): Snapshot {
    const saved: Saved = { rng: this.rng.state(), state: this.state }
    return saved
  }

  restore(snapshot: Snapshot): void {
    const { rng, state } = snapshot as Saved
    this.rng = Rng.restore(rng)
    this.state = state
  }

  /** 300 × 200 pixels. */
  render(): Frame {
    const canvas = new Canvas(300, 200)
    const at = ([x, y]: readonly [number, number]) => [150 + 15 * x, 185 - 13 * y] as const
    canvas.fill(0, 0, 300, 200, [12, 12, 30])
    canvas.fill(0, 185, 300, 15, [200, 200, 200])
    for (const x of [-1.3, 1.3]) canvas.line(at([x, 0]), at([x, 1]), 2, [220, 200, 60])
    const { motion } = this.state
    for (const foot of FEET) {
      canvas.line(at(placeOf(motion, [foot[0] * 0.7, -0.2])), at(placeOf(motion, foot)), 3, [150, 120, 220])
    }
    canvas.polygon(
      HULL.map(corner => at(placeOf(motion, corner))),
      [150, 120, 220],
    )
    return canvas.frame()
  }

  private observe(): Float32Array {
    // What flies away upwards leaves the bounds long before it ends.
    return Float32Array.from(unitsOf(this.state), (x, i) => Math.min(Math.max(x, -BOUNDS[i]), BOUNDS[i]))
  }
}

interface State extends Flown {
  /** Frames at rest. */
  readonly rest: number
  readonly shaping: number
  readonly over: boolean
}

interface Saved {
  readonly rng: RngState
  readonly state: State
}

const ABOVE: Flown = {
  motion: { x: 0, y: STANDING + 1.4 * HALF_HEIGHT, angle: 0, velocityX: 0, velocityY: 0, spin: 0 },
  legs: [false, false],
  crashed: false,
}

/** As LunarLander has them. */
function unitsOf({ motion, legs }: Flown): readonly number[] {
  const { x, y, velocityX, velocityY, angle, spin } = motion
  const fast = [
    (velocityX * HALF_WIDTH) / FRAMES_A_SECOND,
    (velocityY * HALF_HEIGHT) / FRAMES_A_SECOND,
  ] as const
  const place = [x / HALF_WIDTH, (y - STANDING) / HALF_HEIGHT] as const
  return [...place, ...fast, angle, (20 * spin) / FRAMES_A_SECOND, Number(legs[0]), Number(legs[1])]
}

function shapingOf([x, y, velocityX, velocityY, angle, , left, right]: readonly number[]): number {
  const far = Math.hypot(x, y) + Math.hypot(velocityX, velocityY) + Math.abs(angle)
  return -100 * far + 10 * (left + right)
}

function isAtRest({ motion, legs }: Flown): boolean {
  const { velocityX, velocityY, spin } = motion
  return legs[0] && legs[1] && Math.hypot(velocityX, velocityY) < AT_REST && Math.abs(spin) < SPIN_AT_REST
}

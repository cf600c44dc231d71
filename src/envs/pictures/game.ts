import { Canvas, type Color, type Frame } from '../../common/canvas.ts'
import { inputError } from '../../common/error.ts'
import { Rng, type RngState } from '../../common/random.ts'
import type { Env, EnvSpec, Info, ResetResult, Snapshot, StepResult } from '../env.ts'
import { Box, Discrete } from '../spaces.ts'

/** Cells of a side. */
export const SIDE = 10

/** Rules of a game on 10 × 10 cells. S: a state, which `advance` changes. */
export interface Rules<S> {
  /** What cells may hold, a channel each, and how they are drawn. */
  readonly channels: readonly { readonly name: string; readonly color: Color }[]
  readonly actions: readonly string[]
  start(rng: Rng): S
  /** One frame. */
  advance(state: S, action: number): { readonly reward: number; readonly ended: boolean }
  /** Says which channels which cells have. */
  paint(state: S, put: (channel: number, row: number, column: number) => void): void
}

/**
 * A game whose observations are pictures, [10, 10, channels] of 0 and 1, uint8. With some probability the last action is done
 * again instead of that which was chosen (sticky actions, Machado et al. 2018), as in MinAtar (Young & Tian 2019).
 */
export class PictureGame<S> implements Env<Uint8Array, number> {
  readonly observationSpace: Box<'uint8'>
  readonly actionSpace: Discrete
  private rng: Rng
  private state: S
  private over = true
  private lastAction = 0

  constructor(
    readonly spec: EnvSpec,
    private readonly rules: Rules<S>,
    private readonly stickiness: number,
  ) {
    this.observationSpace = new Box(0, 1, [SIDE, SIDE, rules.channels.length], 'uint8')
    this.actionSpace = new Discrete(rules.actions.length)
    this.rng = Rng.of(0, spec.id)
    this.state = rules.start(this.rng)
  }

  reset(options?: { seed?: number }): ResetResult<Uint8Array> {
    if (options?.seed !== undefined) this.rng = Rng.of(options.seed, this.spec.id)
    this.state = this.rules.start(this.rng)
    this.over = false
    this.lastAction = 0
    return { observation: this.observe(), info: NO_INFO }
  }

  step(action: number): StepResult<Uint8Array> {
    const { spec, actionSpace, rules, stickiness } = this
    if (this.over) {
      throw inputError('env.ended', `the episode of ${spec.id} is over: call reset() before step()`)
    }
    if (!actionSpace.contains(action)) {
      const known = rules.actions.map((name, i) => `${i} ${name}`).join(', ')
      throw inputError('env.action', `${spec.id} takes ${known}, not ${JSON.stringify(action)}`)
    }
    if (stickiness === 0 || this.rng.next() >= stickiness) this.lastAction = action
    const { reward, ended } = rules.advance(this.state, this.lastAction)
    this.over = ended
    return { observation: this.observe(), reward, terminated: ended, truncated: false, info: NO_INFO }
  }

  snapshot(): Snapshot {
    const { rng, state, over, lastAction } = this
    const saved: Saved<S> = { rng: rng.state(), state: structuredClone(state), over, lastAction }
    return saved
  }

  restore(snapshot: Snapshot): void {
    const { rng, state, over, lastAction } = snapshot as Saved<S>
    this.rng = Rng.restore(rng)
    this.state = structuredClone(state)
    this.over = over
    this.lastAction = lastAction
  }

  /** 200 × 200 pixels. */
  render(): Frame {
    const cell = 20
    const canvas = new Canvas(SIDE * cell, SIDE * cell)
    canvas.fill(0, 0, SIDE * cell, SIDE * cell, [0, 0, 0])
    this.rules.paint(this.state, (channel, row, column) => {
      canvas.fill(column * cell, row * cell, cell, cell, this.rules.channels[channel].color)
    })
    return canvas.frame()
  }

  private observe(): Uint8Array {
    return pictureOf(this.rules, this.state)
  }
}

/** [10, 10, channels] */
export function pictureOf<S>(rules: Rules<S>, state: S): Uint8Array {
  const channels = rules.channels.length
  const picture = new Uint8Array(SIDE * SIDE * channels)
  rules.paint(state, (channel, row, column) => {
    picture[(row * SIDE + column) * channels + channel] = 1
  })
  return picture
}

const NO_INFO: Info = Object.freeze({})

interface Saved<S> {
  readonly rng: RngState
  readonly state: S
  readonly over: boolean
  readonly lastAction: number
}

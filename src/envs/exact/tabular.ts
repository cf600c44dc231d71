import { inputError } from '../../common/error.ts'
import { Rng, type RngState } from '../../common/random.ts'
import type { Env, EnvSpec, Info, Mask, ResetResult, Snapshot, StepResult } from '../env.ts'
import { Discrete } from '../spaces.ts'

/** One possible outcome of an action. */
export interface Outcome {
  readonly probability: number
  readonly next: number
  readonly reward: number
  readonly terminated: boolean
}

/** A finite Markov decision process, written out: its optimal values can be computed. */
export interface Mdp {
  readonly states: number
  readonly actions: number
  /** How likely an episode starts in each state, [states]. */
  readonly start: readonly number[]
  /** Outcomes whose probabilities sum to 1. */
  outcomes(state: number, action: number): readonly Outcome[]
  /** Whether an action is allowed; all are where this is left out. */
  allowed?(state: number, action: number): boolean
  /** Whether an action makes sense: a mask too, but one whose forbidden actions are carried out all the same. */
  advised?(state: number, action: number): boolean
  /** What the agent sees of a state, of `observations` possible ones; the state itself where left out. */
  observe?(state: number): number
  readonly observations?: number
  /** The state in a few characters, for `render`. */
  draw?(state: number): string
}

/** An environment whose dynamics are a table. Its state can be read and set. */
export class TabularEnv implements Env<number, number> {
  readonly observationSpace: Discrete
  readonly actionSpace: Discrete
  /** There where the process forbids actions somewhere, or advises against some. */
  readonly actionMask?: () => Mask
  private rng: Rng
  private current = 0
  private over = true

  constructor(
    readonly spec: EnvSpec,
    readonly mdp: Mdp,
  ) {
    this.observationSpace = new Discrete(mdp.observations ?? mdp.states)
    this.actionSpace = new Discrete(mdp.actions)
    this.rng = Rng.of(0, spec.id)
    const mask = mdp.allowed ?? mdp.advised
    if (mask) {
      this.actionMask = () =>
        Uint8Array.from({ length: mdp.actions }, (_, a) => (mask.call(mdp, this.current, a) ? 1 : 0))
    }
  }

  get state(): number {
    return this.current
  }

  /** @throws input error unless it is a state's number */
  set state(state: number) {
    if (!Number.isInteger(state) || state < 0 || state >= this.mdp.states) {
      const last = this.mdp.states - 1
      throw inputError(
        'env.state',
        `the state of ${this.spec.id} is an integer from 0 to ${last}, not ${JSON.stringify(state)}`,
      )
    }
    this.current = state
    this.over = false
  }

  reset(options?: { seed?: number; options?: unknown }): ResetResult<number> {
    if (options?.seed !== undefined) this.rng = Rng.of(options.seed, this.spec.id)
    const { start } = this.mdp
    this.current = draw(this.rng, start.length, i => start[i])
    this.over = false
    return { observation: this.observe(), info: {} }
  }

  step(action: number): StepResult<number> {
    const { mdp, spec } = this
    if (this.over)
      throw inputError('env.ended', `the episode of ${spec.id} is over: call reset() before step()`)
    if (!this.actionSpace.contains(action) || mdp.allowed?.(this.current, action) === false) {
      const mask = mdp.allowed && this.actionMask ? ` and the mask [${this.actionMask().join(', ')}]` : ''
      const space = JSON.stringify(this.actionSpace)
      throw inputError('env.action', `${spec.id} takes actions of ${space}${mask}, not ${action}`)
    }
    const outcomes = mdp.outcomes(this.current, action)
    const outcome = outcomes[draw(this.rng, outcomes.length, i => outcomes[i].probability)]
    this.current = outcome.next
    this.over = outcome.terminated
    const { reward, terminated, probability } = outcome
    const info: Info = { probability }
    return { observation: this.observe(), reward, terminated, truncated: false, info }
  }

  snapshot(): Snapshot {
    const saved: Saved = { rng: this.rng.state(), state: this.current, over: this.over }
    return saved
  }

  restore(snapshot: Snapshot): void {
    const saved = snapshot as Saved
    this.rng = Rng.restore(saved.rng)
    this.current = saved.state
    this.over = saved.over
  }

  render(): string {
    return this.mdp.draw?.(this.current) ?? `state ${this.current} of ${this.mdp.states}`
  }

  private observe(): number {
    return this.mdp.observe?.(this.current) ?? this.current
  }
}

interface Saved {
  readonly rng: RngState
  readonly state: number
  readonly over: boolean
}

/** An index, drawn by its probability. */
function draw(rng: Rng, length: number, probability: (index: number) => number): number {
  if (length === 1) return 0
  let left = rng.next()
  for (let i = 0; i < length - 1; i++) {
    left -= probability(i)
    if (left < 0) return i
  }
  return length - 1
}

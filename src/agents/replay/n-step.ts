import type { Mask } from '../../envs/env.ts'

/** What was chosen, as it is replayed: an index, or numbers. */
export type ReplayedAction = number | Float32Array

/** One decision, its observation flat. */
export interface Step {
  readonly observation: Float32Array
  readonly mask: Mask | undefined
  readonly action: ReplayedAction
  readonly reward: number
  /** τ, decision rounds */
  readonly duration: number
}

/** What followed a run of steps: bootstrapped from, unless nothing did. */
export interface Next {
  readonly observation: Float32Array
  readonly mask: Mask | undefined
}

/** From (s_t, a_t) the target is reward + discount · max_a Q(next, a). */
export interface NStep {
  readonly observation: Float32Array
  /** What was allowed there; undefined where everything was. */
  readonly mask?: Mask
  readonly action: ReplayedAction
  /** Σ_{k<m} γ^{τ_t + … + τ_{t+k−1}} r_{t+k}, over m ≤ n steps */
  readonly reward: number
  /** γ^{τ_t + … + τ_{t+m−1}}; 0 where the episode terminated */
  readonly discount: number
  /** Undefined where the episode terminated. */
  readonly next: Next | undefined
}

/**
 * The first of these steps with the rewards of them all (Sutton & Barto 2018, equation 7.1; an action that lasts τ
 * rounds discounts what follows by γ^τ).
 * @param next what followed the last step, undefined where the episode terminated
 */
export function nStep(steps: readonly Step[], gamma: number, next: Next | undefined): NStep {
  const [{ observation, mask, action }] = steps
  let [reward, discount] = [0, 1]
  for (const step of steps) {
    reward += discount * step.reward
    discount *= gamma ** step.duration
  }
  return { observation, mask, action, reward, discount: next === undefined ? 0 : discount, next }
}

/**
 * Turns one actor's steps, as they come, into n-step transitions. A step leaves when the n steps after it are known:
 * the last n wait, so that it makes no difference where a stream of steps is cut into trajectories.
 */
export class NStepQueue {
  private readonly waiting: Step[]

  constructor(
    private readonly n: number,
    private readonly gamma: number,
    waiting: readonly Step[] = [],
  ) {
    this.waiting = [...waiting]
  }

  /** Steps that haven't left, the oldest first. */
  get steps(): readonly Step[] {
    return this.waiting
  }

  /** Adds a step; returns the one that it completes, if it does. */
  push(step: Step): NStep | undefined {
    this.waiting.push(step)
    if (this.waiting.length <= this.n) return undefined
    const complete = nStep(this.waiting.slice(0, this.n), this.gamma, step)
    this.waiting.shift()
    return complete
  }

  /** The episode is over: what waited leaves, the later steps with fewer rewards. */
  end(next: Next | undefined): readonly NStep[] {
    const rest = this.waiting.map((_, t) => nStep(this.waiting.slice(t), this.gamma, next))
    this.waiting.length = 0
    return rest
  }
}

import { Rng, type RngState } from '../../src/common/random.ts'
import type { Env, Mask, ResetResult, Snapshot, StepResult } from '../../src/envs/env.ts'
import { Box, Discrete } from '../../src/envs/spaces.ts'

/**
 * A corridor of `length` cells with the goal at the right end; walls are masked, and the start is random.
 * Observation: position in [-1, 1] and time left in [0, 1]. Reward 1 at the goal, −0.05 a step.
 */
export class Corridor implements Env<Float32Array, number> {
  readonly spec
  readonly observationSpace = new Box([-1, 0], [1, 1], [2])
  readonly actionSpace = new Discrete(2)
  protected rng = Rng.of(0)
  protected position = 0
  protected steps = 0
  protected over = true

  constructor(
    readonly length = 5,
    readonly limit = 20,
  ) {
    this.spec = { id: 'Corridor', maxEpisodeSteps: limit }
  }

  reset(options?: { seed?: number }): ResetResult<Float32Array> {
    if (options?.seed !== undefined) this.rng = Rng.of(options.seed)
    this.position = this.rng.int(this.length - 1)
    this.steps = 0
    this.over = false
    return { observation: this.observe(), info: {} }
  }

  step(action: number): StepResult<Float32Array> {
    if (this.over) throw new Error('the episode is over: call reset')
    if (this.actionMask()[action] !== 1) throw new Error('a wall')
    this.position += action === 0 ? -1 : 1
    this.steps++
    const terminated = this.position === this.length - 1
    const truncated = !terminated && this.steps >= this.limit
    this.over = terminated || truncated
    return { observation: this.observe(), reward: terminated ? 1 : -0.05, terminated, truncated, info: {} }
  }

  actionMask(): Mask {
    return Uint8Array.of(this.position > 0 ? 1 : 0, 1)
  }

  snapshot(): Snapshot {
    return { rng: this.rng.state(), position: this.position, steps: this.steps, over: this.over }
  }

  restore(snapshot: Snapshot): void {
    const saved = snapshot as { rng: RngState; position: number; steps: number; over: boolean }
    this.rng = Rng.restore(saved.rng)
    this.position = saved.position
    this.steps = saved.steps
    this.over = saved.over
  }

  render(): string {
    return '.'.repeat(this.position).padEnd(this.length, '_')
  }

  close(): void {}

  protected observe(): Float32Array {
    return Float32Array.of((2 * this.position) / (this.length - 1) - 1, 1 - this.steps / this.limit)
  }
}

/** One step an episode: the reward is minus the distance from (1, −0.5), the first on the bound of the actions. */
export class Target implements Env<Float32Array, Float32Array> {
  readonly spec = { id: 'Target', maxEpisodeSteps: 1 }
  readonly observationSpace = new Box(0, 1, [1])
  readonly actionSpace = new Box(-1, 1, [2])

  reset() {
    return { observation: new Float32Array(1), info: {} }
  }

  step(action: Float32Array) {
    const reward = -Math.hypot(action[0] - 1, action[1] + 0.5)
    return { observation: new Float32Array(1), reward, terminated: true, truncated: false, info: {} }
  }
}

/** One step with a reward of 1, whatever is done. */
export const bandit: Env<Float32Array, unknown> = {
  spec: { id: 'Bandit' },
  observationSpace: new Box(-1, 1, [1]),
  actionSpace: new Box(-1, 1, [1]),
  reset: () => ({ observation: new Float32Array(1), info: {} }),
  step: () => ({ observation: new Float32Array(1), reward: 1, terminated: true, truncated: false, info: {} }),
}

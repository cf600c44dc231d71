import { inputError } from '../../common/error.ts'
import type { Env, EnvSpec, Mask, ResetResult, Space, StepResult } from '../env.ts'
import type { World } from '../world.ts'
import { maskOf, observationSpace, roundInfo } from './views.ts'

type Observation = Float32Array

/**
 * One group after the other, from the first to the head, for any single-agent algorithm with shared parameters.
 * The round is trained after the head's choice: until then a step costs no time (`info.duration` 0, so that the
 * discount within a round is 1), and the head's step lasts one round and brings the reward.
 */
export class SequentialEnv<A = number> implements Env<Observation, A> {
  readonly spec: EnvSpec
  readonly observationSpace: Space<Observation>
  readonly actionSpace: Space<A>
  private chosen: A[] = []
  private over = true
  private seed = 0

  constructor(private readonly world: World<A>) {
    this.spec = { id: `${world.id}/sequential`, maxEpisodeSteps: world.groups * world.rounds }
    this.observationSpace = observationSpace(world)
    this.actionSpace = world.actions.space
  }

  /** The group whose turn it is. */
  get group(): number {
    return this.chosen.length
  }

  async reset(options?: { seed?: number }): Promise<ResetResult<Observation>> {
    this.seed = options?.seed ?? this.seed
    await this.world.reset(this.seed)
    this.chosen = []
    this.over = false
    return { observation: this.world.observation(0), info: { group: 0 } }
  }

  async step(action: A): Promise<StepResult<Observation>> {
    if (this.over) throw inputError('episode.over', 'the episode is over: call reset before step')
    this.chosen.push(action)
    if (this.chosen.length < this.world.groups) {
      const info = { group: this.group, duration: 0 }
      return {
        observation: this.world.observation(this.group),
        reward: 0,
        terminated: false,
        truncated: false,
        info,
      }
    }
    const actions = this.chosen
    this.chosen = []
    const result = await this.world.round(actions)
    this.over = result.terminated
    return {
      observation: this.world.observation(0),
      reward: result.reward,
      terminated: result.terminated,
      truncated: false,
      info: { ...roundInfo(result), group: 0, duration: 1 },
    }
  }

  actionMask(): Mask {
    return maskOf(this.world, this.group)
  }

  snapshot(): { readonly world: unknown; readonly chosen: readonly A[]; readonly over: boolean } {
    return { world: this.world.snapshot(), chosen: [...this.chosen], over: this.over }
  }

  restore(snapshot: unknown): void {
    const { world, chosen, over } = snapshot as ReturnType<SequentialEnv<A>['snapshot']>
    this.world.restore(world)
    this.chosen = [...chosen]
    this.over = over
  }
}

import { inputError } from '../../common/error.ts'
import type { Env, EnvSpec, Info, Mask, ResetResult, Space, StepResult } from '../env.ts'
import { Box } from '../spaces.ts'
import { featureCount, type RoundResult, type World } from '../world.ts'

type Observation = Float32Array

/** Observations of any group: features in [-1, 1]. */
export function observationSpace(world: Pick<World, 'features'>): Space<Observation> {
  return new Box(-1, 1, [featureCount(world)])
}

/** Allowed actions of a group; all of them where the action set has no mask. */
export function maskOf<A>(world: World<A>, group: number): Mask {
  return world.mask(group) ?? new Uint8Array(world.actions.space.flatSize).fill(1)
}

/** @throws input error when the episode is over, or the action is none of the space */
export function checkStep(over: boolean, space: Space<unknown>, action: unknown): void {
  if (over) throw inputError('episode.over', 'the episode is over: call reset before step')
  checkAction(space, action)
}

/** @throws input error when the action is none of the space */
export function checkAction(space: Space<unknown>, action: unknown): void {
  if (space.contains(action)) return
  const known = JSON.stringify(space.toJSON())
  throw inputError('action.invalid', `${JSON.stringify(action)} is not an action of ${known}`)
}

/** The facts of a round that reports want beside the reward; `rewardNoise` is the standard error of `reward`. */
export function roundInfo(result: RoundResult): Info {
  const { reward, noise, evaluation, diverged, step, flops, trainLoss } = result
  const { loss, primary, score } = evaluation
  return { reward, rewardNoise: noise, step, flops, trainLoss, diverged, loss, primary, score }
}

/**
 * Where the group environments of the parallel view meet: a round begins when every acting group has chosen.
 * Groups that don't act keep their setting.
 */
class Barrier<A> {
  private readonly chosen = new Map<number, A>()
  private pending:
    | { promise: Promise<RoundResult>; resolve(r: RoundResult): void; reject(e: unknown): void }
    | undefined
  private readonly waiting = new Set<number>()
  private resetting: Promise<void> | undefined
  private seed = 0

  constructor(
    readonly world: World<A>,
    readonly acting: readonly number[],
  ) {}

  /** The first group to ask restarts the world; the others join the same episode. */
  async reset(group: number, seed: number | undefined): Promise<void> {
    if (this.chosen.size > 0) {
      throw inputError('barrier.round', 'a round is waiting for other groups: reset only between rounds')
    }
    if (seed !== undefined) this.seed = seed
    if (this.resetting === undefined || this.waiting.has(group)) {
      this.waiting.clear()
      this.resetting = this.world.reset(this.seed)
    }
    this.waiting.add(group)
    const done = this.resetting
    if (this.waiting.size === this.acting.length) this.resetting = undefined
    await done
  }

  choose(group: number, action: A): Promise<RoundResult> {
    if (this.chosen.has(group)) {
      throw inputError(
        'barrier.twice',
        `group ${group} has chosen already: await its step before the next one`,
      )
    }
    this.chosen.set(group, action)
    this.pending ??= deferred()
    const { promise } = this.pending
    if (this.chosen.size === this.acting.length) this.go()
    return promise
  }

  private go(): void {
    const { pending } = this
    const actions = Array.from({ length: this.world.groups }, (_, group) => this.chosen.get(group))
    this.chosen.clear()
    this.pending = undefined
    if (pending === undefined) return
    this.world.round(actions).then(pending.resolve, pending.reject)
  }
}

function deferred() {
  let resolve: (result: RoundResult) => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<RoundResult>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** One layer group as an ordinary environment; its step ends when all acting groups have stepped. */
export class GroupEnv<A = number> implements Env<Observation, A> {
  readonly spec: EnvSpec
  readonly observationSpace: Space<Observation>
  readonly actionSpace: Space<A>
  private over = true

  constructor(
    private readonly barrier: Barrier<A>,
    readonly group: number,
  ) {
    const { world } = barrier
    this.spec = { id: `${world.id}/${world.names[group]}`, maxEpisodeSteps: world.rounds }
    this.observationSpace = observationSpace(world)
    this.actionSpace = world.actions.space
  }

  async reset(options?: { seed?: number }): Promise<ResetResult<Observation>> {
    await this.barrier.reset(this.group, options?.seed)
    this.over = false
    return { observation: this.barrier.world.observation(this.group), info: {} }
  }

  async step(action: A): Promise<StepResult<Observation>> {
    checkStep(this.over, this.actionSpace, action)
    const result = await this.barrier.choose(this.group, action)
    this.over = result.terminated
    return {
      observation: this.barrier.world.observation(this.group),
      reward: result.rewards[this.group],
      terminated: result.terminated,
      truncated: false,
      info: roundInfo(result),
    }
  }

  actionMask(): Mask {
    return maskOf(this.barrier.world, this.group)
  }

  snapshot(): { readonly world: unknown; readonly over: boolean } {
    return { world: this.barrier.world.snapshot(), over: this.over }
  }

  restore(snapshot: unknown): void {
    const { world, over } = snapshot as ReturnType<GroupEnv['snapshot']>
    this.barrier.world.restore(world)
    this.over = over
  }
}

/** All groups act at once, each through its own environment, and wait for each other every round. */
export function parallelView<A>(
  world: World<A>,
  acting: readonly number[] = Array.from({ length: world.groups }, (_, group) => group),
): readonly GroupEnv<A>[] {
  const barrier = new Barrier(world, acting)
  return acting.map(group => new GroupEnv(barrier, group))
}

/** One group's environment alone: the others keep their settings. */
export function groupEnv<A>(world: World<A>, group: number): GroupEnv<A> {
  return parallelView(world, [group])[0]
}

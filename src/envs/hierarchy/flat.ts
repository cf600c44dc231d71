import { inputError } from '../../common/error.ts'
import type { Env, EnvSpec, Mask, ResetResult, Space, StepResult } from '../env.ts'
import { Box, Discrete, MultiDiscrete } from '../spaces.ts'
import type { World, WorldActions } from '../world.ts'
import { checkStep, maskOf, roundInfo } from './views.ts'

/** What one action of all groups is made of, and how it is taken apart. */
interface JointSpace<A> {
  readonly space: Space<unknown>
  split(joint: unknown): readonly A[]
  /** What is allowed, by what each group is allowed. */
  mask(groups: readonly Mask[]): Mask
  /** What policies over discrete actions start from; none: uniform. */
  readonly initialLogits?: Float32Array
}

/**
 * Joint control: all groups chosen by one action. Observation: every group's statistics in order, then the global
 * ones once. Action: Discrete where the action set says which combinations there are; else MultiDiscrete where a group's
 * is Discrete, a longer Box where it is a Box.
 */
export class FlatEnv<A = number> implements Env<Float32Array, unknown> {
  readonly spec: EnvSpec
  readonly observationSpace: Space<Float32Array>
  readonly actionSpace: Space<unknown>
  private readonly joint: JointSpace<A>
  private over = true
  private seed = 0

  /** @throws input error when a group's actions are neither Discrete nor a Box */
  constructor(private readonly world: World<A>) {
    const { group, global } = world.features
    this.joint = jointSpace(world.actions, world.groups)
    this.spec = { id: `${world.id}/flat`, maxEpisodeSteps: world.rounds }
    this.observationSpace = new Box(-1, 1, [world.groups * group.length + global.length])
    this.actionSpace = this.joint.space
  }

  async reset(options?: { seed?: number }): Promise<ResetResult<Float32Array>> {
    this.seed = options?.seed ?? this.seed
    await this.world.reset(this.seed)
    this.over = false
    return { observation: this.observation(), info: {} }
  }

  async step(action: unknown): Promise<StepResult<Float32Array>> {
    checkStep(this.over, this.actionSpace, action)
    const result = await this.world.round(this.joint.split(action))
    this.over = result.terminated
    const { reward, terminated } = result
    return { observation: this.observation(), reward, terminated, truncated: false, info: roundInfo(result) }
  }

  /** Names of the observation's elements. */
  get features(): readonly string[] {
    const { names, features } = this.world
    return [...names.flatMap(name => features.group.map(own => `${name}:${own}`)), ...features.global]
  }

  /** What policies over discrete actions start from; none: uniform. */
  get initialLogits(): Float32Array | undefined {
    return this.joint.initialLogits
  }

  /** A joint action as one action a group, in order. */
  split(action: unknown): readonly A[] {
    return this.joint.split(action)
  }

  /** The groups' masks, one after the other; of combinations, those that every group allows. */
  actionMask(): Mask {
    return this.joint.mask(Array.from({ length: this.world.groups }, (_, group) => maskOf(this.world, group)))
  }

  snapshot(): { readonly world: unknown; readonly over: boolean } {
    return { world: this.world.snapshot(), over: this.over }
  }

  restore(snapshot: unknown): void {
    const { world, over } = snapshot as ReturnType<FlatEnv<A>['snapshot']>
    this.world.restore(world)
    this.over = over
  }

  /** Of the world as it is. */
  observation(): Float32Array {
    const own = this.world.features.group.length
    const all = Array.from({ length: this.world.groups }, (_, group) => this.world.observation(group))
    return Float32Array.from([...all.flatMap(one => [...one.subarray(0, own)]), ...all[0].subarray(own)])
  }
}

function jointSpace<A>(
  { space, combinations, initialLogits }: WorldActions<A>,
  groups: number,
): JointSpace<A> {
  if (combinations !== undefined) {
    const all = combinations(groups)
    return {
      space: new Discrete(all.length),
      split: joint => all[joint as number],
      mask: masks =>
        Uint8Array.from(all, one => (one.every((action, g) => masks[g][action as number] !== 0) ? 1 : 0)),
    }
  }
  const repeated = (of: Float32Array) => Array.from({ length: groups }, () => [...of]).flat()
  const inTurn = {
    mask: (masks: readonly Mask[]) => Uint8Array.from(masks.flatMap(mask => [...mask])),
    initialLogits: initialLogits && Float32Array.from(repeated(initialLogits)),
  }
  if (space instanceof Discrete) {
    return {
      ...inTurn,
      space: new MultiDiscrete(Array<number>(groups).fill(space.n)),
      split: joint => joint as readonly A[],
    }
  }
  if (space instanceof Box) {
    const size = space.flatSize
    return {
      ...inTurn,
      space: new Box(repeated(space.low), repeated(space.high), [groups * size]),
      split: joint =>
        Array.from({ length: groups }, (_, group) =>
          (joint as Float32Array).slice(group * size, (group + 1) * size),
        ) as unknown as readonly A[],
    }
  }
  throw inputError(
    'flat.space',
    `joint control takes groups whose actions are Discrete or a Box, and these are ${JSON.stringify(space.toJSON())}`,
  )
}

import { Rng } from '../../common/random.ts'
import type { Mask, Space } from '../../envs/env.ts'
import { FlatEnv } from '../../envs/hierarchy/flat.ts'
import { maskOf } from '../../envs/hierarchy/views.ts'
import type { RoundResult, World } from '../../envs/world.ts'

/** One decision of a round: who makes it, by what, and what it is paid. */
export interface Turn {
  /** Of `actors`. */
  readonly actor: number
  /** Whose agent decides. */
  readonly group: number
  readonly space: Space<unknown>
  /** Rounds until the actor's next decision: 0 within a round. */
  readonly duration: number
  observation(): Float32Array
  mask(): Mask
  reward(result: RoundResult): number
}

/** A view as an episode is played in it: turns make a round, each actor's turns a trajectory. */
export interface Seats {
  readonly actors: readonly string[]
  readonly turns: readonly Turn[]
  /** Each actor's stream, from the episode's. */
  streams(rng: Rng): readonly Rng[]
  /** What was chosen, as one action a group. */
  split(chosen: readonly unknown[]): readonly unknown[]
}

export type ViewName = 'parallel' | 'sequential' | 'flat'

export const SEATS: Readonly<Record<ViewName, (world: World) => Seats>> = {
  /** Every group at once, each paid its own. */
  parallel: world => ({
    actors: world.names,
    turns: groupsOf(world).map(group => ({
      ...turnOf(world, group),
      actor: group,
      duration: 1,
      reward: ({ rewards }) => rewards[group],
    })),
    streams: rng => groupsOf(world).map(group => Rng.of(rng.int(2 ** 31), 'group', group)),
    split: chosen => chosen,
  }),
  /** One group after the other: the last one's choice brings the round, and its reward. */
  sequential: world => ({
    actors: ['shared'],
    turns: groupsOf(world).map(group => {
      const last = group === world.groups - 1
      return {
        ...turnOf(world, group),
        actor: 0,
        duration: last ? 1 : 0,
        reward: ({ reward }) => (last ? reward : 0),
      }
    }),
    streams: rng => [rng],
    split: chosen => chosen,
  }),
  /** One choice for all groups. */
  flat: world => {
    const env = new FlatEnv(world)
    const turn: Turn = {
      actor: 0,
      group: 0,
      space: env.actionSpace,
      duration: 1,
      observation: () => env.observation(),
      mask: () => env.actionMask(),
      reward: ({ reward }) => reward,
    }
    return { actors: ['joint'], turns: [turn], streams: rng => [rng], split: ([joint]) => env.split(joint) }
  },
}

function groupsOf({ groups }: World): readonly number[] {
  return Array.from({ length: groups }, (_, group) => group)
}

function turnOf(world: World, group: number): Pick<Turn, 'group' | 'space' | 'observation' | 'mask'> {
  return {
    group,
    space: world.actions.space,
    observation: () => world.observation(group),
    mask: () => maskOf(world, group),
  }
}

import { type Control, episodesPerUpdate } from '../play/control.ts'
import type { LearnPlan } from '../play/learn.ts'
import type { GroupAgent } from '../play/roles.ts'
import type { Composition } from './instance.ts'

/** How these agents act in this composition's worlds; joint control has a view of its own. */
export function controlOf(
  { config, container }: Composition,
  agents: ReadonlyMap<string, GroupAgent>,
): Control {
  const { control, view, rootActions, rootEvery, gamma } = config
  return {
    agents,
    view: control === 'joint' ? 'flat' : view,
    rootActions: container.get('rootActions', rootActions),
    rootEvery,
    gamma,
  }
}

/** A model on a dataset, as one of several that agents learn on. */
export interface Instance {
  readonly id: string
  readonly composition: Composition
}

/**
 * Where and how agents learn that were made for this composition.
 * @param instances what episodes are played on, in turn, each time round with data in another order; default: the composition
 */
export function learningIn(
  composition: Composition,
  agents: ReadonlyMap<string, GroupAgent>,
  instances?: readonly Instance[],
): LearnPlan {
  const { config, worlds } = composition
  const { seed, episodes } = config
  const control = controlOf(composition, agents)
  return {
    control,
    episodes,
    seed,
    perUpdate: episodesPerUpdate(control, worlds[0]),
    workers: worlds.length,
    comparable: instances === undefined,
    stage(index) {
      if (instances === undefined) return { worlds, worldSeed: seed }
      const { id, composition: own } = instances[index % instances.length]
      return { id, worlds: own.worlds, worldSeed: seed + Math.floor(index / instances.length) }
    },
  }
}

import { Root, type RootActions } from '../../envs/hierarchy/root.ts'
import type { World } from '../../envs/world.ts'
import type { GroupAgent } from './roles.ts'
import type { RootControl } from './root-player.ts'
import type { ViewName } from './seats.ts'

/** Who acts on a world's groups, and how. */
export interface Control {
  /** By name: a group's own, `shared` or `joint` for all of them, `root`. */
  readonly agents: ReadonlyMap<string, GroupAgent>
  readonly view: ViewName
  readonly rootActions: RootActions
  /** Rounds between two of the root's choices. */
  readonly rootEvery: number
  readonly gamma: number
}

/** Who acts for each group of a world, in order: an agent of its own, or the one that all share. */
export function actingAgents({ agents }: Control, world: World): readonly GroupAgent[] {
  return world.names.map(name => {
    const agent = agents.get(name) ?? agents.get('shared') ?? agents.get('joint')
    if (agent === undefined) throw new Error(`no agent for group '${name}'`)
    return agent
  })
}

/** The root's agent and what it acts on, where there is one. */
export function rootControl(control: Control, world: World): RootControl | undefined {
  const agent = control.agents.get('root')
  if (agent === undefined) return undefined
  const { rootActions, rootEvery: every, gamma } = control
  return { agent, root: new Root(world, rootActions), every, gamma }
}

/** Whether what one actor did teaches this agent: its own, and for one that all groups share, every group's. */
export function learnsFrom(agent: string, actor: string): boolean {
  if (agent === 'shared' || agent === 'joint') return actor !== 'root'
  return actor === agent
}

/** Agents that count steps get as many episodes as those steps fill. */
export function episodesPerUpdate({ agents }: Control, world: World): number {
  const [agent] = agents.values()
  const { unit, count } = agent.appetite
  if (unit === 'episode') return Math.max(1, count)
  return Math.max(1, Math.ceil(count / world.rounds))
}

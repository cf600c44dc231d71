import { ROOT_ACTIONS, Root } from '../../envs/finetune/root.ts'
import type { FineTuning } from '../../envs/finetune/world.ts'
import type { GroupAgent } from './roles.ts'
import type { RootControl } from './root-player.ts'

/** Who acts on a world's groups, and how. */
export interface Control {
  /** By name: a group's own, `shared` or `joint` for all of them, `root`. */
  readonly agents: ReadonlyMap<string, GroupAgent>
  readonly view: 'parallel' | 'sequential' | 'flat'
  readonly rootActions: keyof typeof ROOT_ACTIONS
  /** Rounds between two of the root's choices. */
  readonly rootEvery: number
  readonly gamma: number
}

/** Who acts for each group of a world, in order: an agent of its own, or the one that all share. */
export function actingAgents({ agents }: Control, world: FineTuning<unknown>): readonly GroupAgent[] {
  return world.options.trainee.network.groups.map(({ name }) => {
    const agent = agents.get(name) ?? agents.get('shared') ?? agents.get('joint')
    if (agent === undefined) throw new Error(`no agent for group '${name}'`)
    return agent
  })
}

/** The root's agent and what it acts on, where there is one. */
export function rootControl(control: Control, world: FineTuning<unknown>): RootControl | undefined {
  const agent = control.agents.get('root')
  if (agent === undefined) return undefined
  const { rootActions, rootEvery: every, gamma } = control
  return { agent, root: new Root(world, ROOT_ACTIONS[rootActions]), every, gamma }
}

/** Whether what one actor did teaches this agent: its own, and for one that all groups share, every group's. */
export function learnsFrom(agent: string, actor: string): boolean {
  if (agent === 'shared' || agent === 'joint') return actor !== 'root'
  return actor === agent
}

/** Agents that count steps get as many episodes as those steps fill. */
export function episodesPerUpdate({ agents }: Control, world: FineTuning<unknown>): number {
  const [agent] = agents.values()
  const { unit, count } = agent.appetite
  if (unit === 'episode') return Math.max(1, count)
  const { budgetSteps, roundSteps } = world.options
  return Math.max(1, Math.ceil(count / Math.ceil(budgetSteps / roundSteps)))
}

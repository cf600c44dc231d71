import { isDeepStrictEqual } from 'node:util'
import { show } from '../../common/findings.ts'
import type { Trajectory } from '../agent.ts'
import { roll } from './roll.ts'
import type { AnyAgent } from './trial.ts'
import type { World } from './worlds.ts'

interface Update {
  readonly decisions: unknown
  readonly report: Readonly<Record<string, unknown>>
  readonly state: Readonly<Record<string, unknown>>
}

/** Everything that came of some updates, comparable bit by bit. */
class Future {
  constructor(private readonly updates: readonly Update[]) {}

  /** Where another future first leaves this one. */
  differenceFrom(other: Future): string | undefined {
    for (const [i, update] of this.updates.entries()) {
      const theirs = other.updates[i]
      if (!isDeepStrictEqual(update.decisions, theirs.decisions))
        return `other decisions before update ${i + 1}`
      for (const part of ['report', 'state'] as const) {
        const key = Object.keys({ ...update[part], ...theirs[part] }).find(
          name => !isDeepStrictEqual(update[part][name], theirs[part][name]),
        )
        if (key === undefined) continue
        const [mine, yours] = [update[part][key], theirs[part][key]]
        return `${part}.${key} after update ${i + 1}: ${show(mine)} became ${show(yours)}`
      }
    }
    return undefined
  }
}

/**
 * Three updates, each from fresh trajectories of the agent's own.
 * @param after is given each update's trajectories when the agent has learned from them
 */
export async function future(
  agent: AnyAgent,
  world: World,
  { careless = false, after = (_: readonly Trajectory<unknown, unknown>[]): void => undefined } = {},
): Promise<Future> {
  const updates: Update[] = []
  for (let update = 0; update < 3; update++) {
    const trajectories = await roll(agent, world, 10 + update, careless)
    const decisions = structuredClone(
      trajectories.map(({ transitions }) =>
        transitions.map(({ action, logProbability, value, memory }) => [
          action,
          logProbability,
          value,
          memory,
        ]),
      ),
    )
    const report = { ...(await agent.learn(trajectories)) }
    after(trajectories)
    updates.push({ decisions, report, state: JSON.parse(JSON.stringify(agent.state())) })
  }
  return new Future(updates)
}

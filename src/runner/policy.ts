import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { AgentState } from '../agents/agent.ts'
import { inputError } from '../common/error.ts'
import { writeAtomic } from './atomic.ts'
import { decode, encode } from './codec.ts'
import type { GroupAgent } from './collect.ts'
import type { Composition } from './compose.ts'

/** A learned policy on disk: enough to act with it on another network with the same observations and actions. */
export interface PolicyFile {
  readonly agent: string
  readonly control: string
  /** Ids of the observation's features, in order. */
  readonly features: readonly string[]
  readonly actions: string
  /** State by group name, or `shared`, or `joint`. */
  readonly states: Readonly<Record<string, AgentState>>
}

export async function savePolicy(
  path: string,
  agents: ReadonlyMap<string, GroupAgent>,
  composition: Composition,
): Promise<void> {
  await writeAtomic(path, encode(describe(agents, composition)))
}

/** @throws input error when the file isn't there or isn't a policy */
export async function loadPolicy(path: string): Promise<PolicyFile> {
  if (!existsSync(path))
    throw inputError('policy.missing', `no policy at ${path}: give the policy.json of a run`)
  try {
    const policy = decode(await readFile(path, 'utf8')) as PolicyFile
    if (typeof policy.agent === 'string' && typeof policy.states === 'object') return policy
  } catch (error) {
    throw inputError('policy.unreadable', `${path} is not a policy: it can't be read as JSON`, {
      cause: error,
    })
  }
  throw inputError('policy.unreadable', `${path} is not a policy: give the policy.json of a run`)
}

/** Puts a policy's states into fresh agents. @throws input error where they don't fit */
export function applyPolicy(
  policy: PolicyFile,
  agents: ReadonlyMap<string, GroupAgent>,
  composition: Composition,
): void {
  const own = describe(agents, composition)
  for (const key of ['agent', 'control', 'actions'] as const) {
    if (policy[key] !== own[key]) {
      throw inputError(
        'policy.mismatch',
        `the policy was learned with ${key} '${policy[key]}', this run has '${own[key]}'`,
      )
    }
  }
  if (policy.features.join() !== own.features.join()) {
    throw inputError(
      'policy.mismatch',
      "the policy was learned on other features than this run's state space",
    )
  }
  for (const [name, agent] of agents) {
    const state = policy.states[name]
    if (state === undefined) {
      const known = Object.keys(policy.states).join(', ')
      throw inputError(
        'policy.mismatch',
        `the policy has no agent for '${name}' (it has: ${known}): use as many --groups`,
      )
    }
    agent.restore(state)
  }
}

function describe(agents: ReadonlyMap<string, GroupAgent>, { config, worlds }: Composition): PolicyFile {
  const { states, actions } = worlds[0].options
  return {
    agent: config.agent,
    control: config.control,
    features: [...states.group, ...states.global].map(feature => feature.id),
    actions: actions.id,
    states: Object.fromEntries([...agents].map(([name, agent]) => [name, agent.state()])),
  }
}

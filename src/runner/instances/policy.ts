import { existsSync } from 'node:fs'
import { z } from 'zod'
import type { AgentState } from '../../agents/agent.ts'
import { restoreAgent } from '../../agents/state.ts'
import { inputError, messageOf } from '../../common/error.ts'
import { readTextFile } from '../../common/regular-file.ts'
import type { GroupAgent } from '../play/roles.ts'
import { writeAtomic } from '../runs/atomic.ts'
import { decodeFile, seal } from '../runs/codec.ts'
import { type FineTuneConfig, POLICY_KEYS } from './config.ts'
import type { Composition } from './instance.ts'

/**
 * A learned policy on disk: enough to act with it on another network. A shared policy sees one group at a time, so it
 * goes with any number of groups; all others, and the root, are bound to the number that they were learned on.
 */
export interface PolicyFile {
  readonly settings: Readonly<Pick<FineTuneConfig, (typeof POLICY_KEYS)[number]>>
  /** What an observation holds, in order. */
  readonly features: readonly { readonly id: string; readonly description: string }[]
  /** Layer groups that it was learned on, the head included. */
  readonly groups: number
  /** How often it decides while its budget's steps are made. */
  readonly rounds: number
  /** What learning took. */
  readonly cost: PolicyCost
  /** State by group name, or `shared`, or `joint`; and `root`. */
  readonly states: Readonly<Record<string, AgentState>>
}

export interface PolicyCost {
  readonly episodes: number
  readonly flops: number
}

export async function savePolicy(
  path: string,
  agents: ReadonlyMap<string, GroupAgent>,
  composition: Composition,
  cost: PolicyCost,
): Promise<void> {
  const { config, worlds } = composition
  const file: PolicyFile = {
    settings: Object.fromEntries(POLICY_KEYS.map(key => [key, config[key]])) as PolicyFile['settings'],
    features: featuresOf(composition),
    groups: worlds[0].groups,
    rounds: Math.ceil(config.budgetSteps / worlds[0].options.roundSteps),
    cost,
    states: Object.fromEntries([...agents].map(([name, agent]) => [name, agent.state()])),
  }
  await writeAtomic(path, seal(file))
}

const named = z.record(z.string(), z.unknown())
/** What is read of a file before its agents look into their own parts. */
const POLICY = z.object({
  settings: z.looseObject({ agent: z.string(), control: z.string() }),
  features: z.array(z.object({ id: z.string() })),
  groups: z.number().int().positive(),
  rounds: z.number().int().positive(),
  states: named,
})

/** @throws input error when the file isn't there or isn't a policy */
export async function loadPolicy(path: string): Promise<PolicyFile> {
  if (!existsSync(path))
    throw inputError('policy.missing', `no policy at ${path}: give the policy.json of a run`)
  try {
    const policy = decodeFile(await readTextFile(path)) as PolicyFile
    if (POLICY.safeParse(policy).success) return policy
  } catch (error) {
    throw inputError('policy.unreadable', `${path} is not a policy: it can't be read (${messageOf(error)})`, {
      cause: error,
    })
  }
  throw inputError('policy.unreadable', `${path} is not a policy: give the policy.json of a run`)
}

/** How a policy acts within a budget: with its own agents and actions, and as often as where it learned. */
export function settingsOfPolicy({ settings, rounds }: PolicyFile, budgetSteps: number) {
  return { ...settings, roundSteps: Math.ceil(budgetSteps / rounds) }
}

/**
 * A configuration under which a policy acts as it learned to: what the values, as they were given, leave open is the
 * policy's.
 * @throws input error where the configuration says otherwise
 */
export function withPolicy(
  values: Readonly<Record<string, unknown>>,
  policy: PolicyFile,
  { budgetSteps, roundSteps }: FineTuneConfig,
): Readonly<Record<string, unknown>> {
  const { settings } = policy
  for (const key of ['agent', 'control', 'actions', 'root'] as const) {
    const given = values[key]
    if (given === undefined || given === settings[key]) continue
    throw inputError(
      'policy.mismatch',
      `the policy was learned with ${key} '${settings[key]}', this run has '${given}': leave out --${key}`,
    )
  }
  const own = roundSteps === undefined ? settingsOfPolicy(policy, budgetSteps) : settings
  return { ...values, ...own }
}

/** Puts a policy's states into fresh agents. @throws input error where they don't fit */
export function applyPolicy(
  policy: PolicyFile,
  agents: ReadonlyMap<string, GroupAgent>,
  composition: Composition,
): void {
  const ids = (features: PolicyFile['features']) => features.map(({ id }) => id).join(', ')
  const [learned, own] = [ids(policy.features), ids(featuresOf(composition))]
  if (learned !== own) {
    throw inputError(
      'policy.mismatch',
      `the policy was learned on other features than this run's state space: it reads ${learned}; here are ${own}`,
    )
  }
  const { groups } = composition.worlds[0]
  const { control, root } = policy.settings
  if (groups !== policy.groups && (control !== 'shared' || root !== 'none')) {
    const bound = control === 'shared' ? 'its root' : `${control} control`
    throw inputError(
      'policy.mismatch',
      `the policy was learned on ${policy.groups} layer groups, this run has ${groups}, and ${bound} is bound to their ` +
        `number: use --groups ${policy.groups}, or a policy learned with --control shared and without a root`,
    )
  }
  for (const [name, agent] of agents) {
    const state = policy.states[name]
    if (state === undefined) {
      const known = Object.keys(policy.states).join(', ')
      throw inputError('policy.mismatch', `the policy has no agent for '${name}' (it has: ${known})`)
    }
    restoreAgent(agent, state)
  }
}

function featuresOf({ worlds }: Composition): PolicyFile['features'] {
  const { states } = worlds[0].options
  return [...states.group, ...states.global].map(({ id, description }) => ({ id, description }))
}

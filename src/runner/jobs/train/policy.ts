import { existsSync } from 'node:fs'
import { z } from 'zod'
import type { AgentState } from '../../../agents/agent.ts'
import { restoreAgent } from '../../../agents/state.ts'
import { inputError, LayergymError, messageOf } from '../../../common/error.ts'
import { readTextFile } from '../../../common/regular-file.ts'
import { decodeFile } from '../../runs/codec.ts'
import { composeTraining, type TrainComposition, type TrainParts } from './compose.ts'
import { type ResolvedConfig, trainSchema } from './config.ts'
import type { Envs, NormalizationState } from './envs.ts'

/** A trained agent on disk: all that playing with it takes. */
export interface TrainedPolicy {
  readonly kind: 'trained-policy'
  readonly config: ResolvedConfig
  /** As the agent saw them: another environment must have the same. */
  readonly spaces: Readonly<Record<'observationSpace' | 'actionSpace', unknown>>
  readonly state: AgentState
  readonly normalization: NormalizationState
}

export function trainedPolicy(
  { config, envs }: TrainComposition,
  learned: Pick<TrainedPolicy, 'state' | 'normalization'>,
): TrainedPolicy {
  const { state, normalization } = learned
  const { out: _, ...settings } = config
  return { kind: 'trained-policy', config: settings, spaces: spacesOf(envs), state, normalization }
}

function spacesOf({ observationSpace, actionSpace }: Envs): TrainedPolicy['spaces'] {
  return { observationSpace: observationSpace.toJSON(), actionSpace: actionSpace.toJSON() }
}

/**
 * The agent and its environments, as they were at the end of the run.
 * @param path the policy.json of a `layergym train` run
 * @param env the environment to play in, where it is another than the agent learned in
 * @throws input error when the file isn't such a policy, or its agent can't act in that environment
 */
export async function loadTrainedPolicy(
  path: string,
  env: { readonly id?: string; readonly options?: Readonly<Record<string, unknown>> } = {},
  parts: TrainParts = {},
): Promise<TrainComposition> {
  const policy = await readPolicy(path)
  const config = {
    ...trainSchema.parse(policy.config),
    // They steered its learning; acting takes none.
    listeners: 0,
    ...(env.id === undefined ? {} : { env: env.id, envOptions: {} }),
    ...(env.options === undefined ? {} : { envOptions: { ...env.options } }),
  }
  const composition = await composeTraining(config, parts)
  const spaces = spacesOf(composition.envs)
  for (const name of ['observationSpace', 'actionSpace'] as const) {
    const [learned, other] = [policy.spaces[name], spaces[name]].map(space => JSON.stringify(space))
    if (learned === other) continue
    const what = name === 'actionSpace' ? 'actions' : 'observations'
    throw inputError(
      'policy.spaces',
      `the policy has learned with ${what} ${learned}, and ${composition.envs.spec.id} has ${other}`,
    )
  }
  restoreAgent(composition.agent, policy.state)
  restoreEnvs(composition.envs, policy.normalization)
  return composition
}

async function readPolicy(path: string): Promise<TrainedPolicy> {
  if (!existsSync(path)) {
    throw inputError('policy.missing', `no policy at ${path}: give the policy.json of a layergym train run`)
  }
  let policy: unknown
  try {
    policy = decodeFile(await readTextFile(path))
  } catch (error) {
    throw inputError('policy.unreadable', `${path} can't be read: ${messageOf(error)}`, { cause: error })
  }
  const parsed = POLICY.safeParse(policy)
  if (parsed.success) return policy as TrainedPolicy
  if (Object(policy).kind === 'trained-policy') {
    const [issue] = parsed.error.issues
    throw inputError('policy.unreadable', `${path} is damaged: ${issue.path.join('.')}: ${issue.message}`)
  }
  throw inputError(
    'policy.kind',
    `${path} is not the policy of a layergym train run; a fine-tuning policy is applied with layergym fine-tune --policy`,
  )
}

/** What is read of a file before its agent looks into its own part. */
const POLICY = z.object({
  kind: z.literal('trained-policy'),
  config: trainSchema,
  spaces: z.object({ observationSpace: z.unknown(), actionSpace: z.unknown() }),
  state: z.record(z.string(), z.unknown()),
  normalization: z.looseObject({}),
})

function restoreEnvs(envs: Envs, normalization: NormalizationState): void {
  try {
    envs.restore(normalization)
  } catch (error) {
    if (error instanceof LayergymError) throw error
    throw inputError('policy.unreadable', `the policy's normalization is damaged: ${messageOf(error)}`)
  }
}

import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '../../common/error.ts'
import { type Findings, show } from '../../common/findings.ts'
import type { Rng } from '../../common/random.ts'
import type { Env, Mask } from '../env.ts'
import { checkMask } from './mask.ts'
import { checkStep } from './results.ts'

/** One call of reset or step, with copies of what the environment showed afterwards. */
export interface Played {
  readonly call: { readonly reset: { readonly seed?: number } } | { readonly action: unknown }
  readonly outcome: Outcome
}

interface Outcome {
  readonly observation?: unknown
  readonly mask?: unknown
  readonly reward?: unknown
  readonly terminated?: unknown
  readonly truncated?: unknown
  readonly error?: string
}

export function hasEnded({ outcome }: Played): boolean {
  return outcome.terminated === true || outcome.truncated === true
}

/**
 * Plays with random allowed actions, over as many episodes as fit, and watches the results: at least `steps` steps,
 * and up to twice as many to reach the end of an episode. Undefined when the environment breaks down.
 */
export async function record(
  env: Env<unknown, unknown>,
  { seed, steps, rng, findings }: { seed: number; steps: number; rng: Rng; findings: Findings },
): Promise<readonly Played[] | undefined> {
  const played: Played[] = []
  const witness = new Witness()
  let done = 0
  while (done < steps || (done < 2 * steps && !hasEnded(played[played.length - 1]))) {
    const last = played.at(-1)
    if (last === undefined || hasEnded(last)) {
      const call = { reset: last === undefined ? { seed } : {} }
      const { observation } = await env.reset(call.reset)
      witness.keep(observation)
      played.push({ call, outcome: copyOf(env, { observation }) })
      continue
    }
    const mask = env.actionMask?.()
    if (mask !== undefined && !checkMask(env.actionSpace, mask, findings)) return undefined
    const action = env.actionSpace.sample(rng, mask)
    const call = { action: structuredClone(action) }
    const result = await tryStep(env, action, mask, findings)
    if (result === undefined || !checkStep(env, result, findings)) return undefined
    if (!isDeepStrictEqual(action, call.action)) {
      findings.error(
        'action.mutated',
        'step changes the action that it was given: copy it before changing it',
      )
    }
    witness.keep(result.observation)
    played.push({ call, outcome: copyOf(env, result) })
    done++
  }
  witness.check(findings)
  return played
}

/**
 * Makes the same calls again, up to one that throws; `difference` says where the outcomes first leave those recorded.
 */
export async function replay(
  env: Env<unknown, unknown>,
  recorded: readonly Played[],
): Promise<{ readonly played: readonly Played[]; readonly difference?: string }> {
  const played: Played[] = []
  let difference: string | undefined
  let step = 0
  for (const { call, outcome } of recorded) {
    const again = await outcomeOf(env, call)
    played.push({ call, outcome: again })
    if (difference === undefined) difference = differenceOf(outcome, again, step)
    if (again.error !== undefined) break
    if ('action' in call) step++
  }
  return { played, difference }
}

/** Makes one call; what it throws is an outcome too. */
export async function outcomeOf(env: Env<unknown, unknown>, call: Played['call']): Promise<Outcome> {
  try {
    const result =
      'reset' in call ? await env.reset(call.reset) : await env.step(structuredClone(call.action))
    return copyOf(env, result)
  } catch (error) {
    return { error: messageOf(error) }
  }
}

/** The mask belongs to what follows, so an ended episode has none. */
function copyOf(env: Env<unknown, unknown>, result: Outcome): Outcome {
  const { observation, reward, terminated, truncated } = result
  const ended = terminated === true || truncated === true
  const mask = ended ? undefined : env.actionMask?.()
  return structuredClone({ observation, mask, reward, terminated, truncated })
}

function differenceOf(before: Outcome, after: Outcome, step: number): string | undefined {
  const keys = ['error', 'observation', 'mask', 'reward', 'terminated', 'truncated'] as const
  const key = keys.find(name => !isDeepStrictEqual(before[name], after[name]))
  if (key === undefined) return undefined
  return `${key} after ${step} steps: ${show(before[key])} became ${show(after[key])}`
}

async function tryStep(
  env: Env<unknown, unknown>,
  action: unknown,
  mask: Mask | undefined,
  findings: Findings,
) {
  try {
    return await env.step(action)
  } catch (error) {
    const allowed = mask === undefined ? 'which is in the action space' : 'which space and mask allow'
    findings.error(
      'step.throws',
      `step throws on the action ${show(action)}, ${allowed}: ${messageOf(error)}`,
    )
    return undefined
  }
}

/** Notices when an observation that was handed over is changed later. */
class Witness {
  private readonly kept: { readonly given: unknown; readonly copy: unknown }[] = []

  keep(observation: unknown): void {
    this.kept.push({ given: observation, copy: structuredClone(observation) })
  }

  check(findings: Findings): void {
    if (this.kept.every(({ given, copy }) => isDeepStrictEqual(given, copy))) return
    findings.error(
      'observation.mutated',
      'an observation changes after it was returned: return a copy, not the array that the environment works on',
    )
  }
}

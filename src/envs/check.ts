import { inputError, LayergymError, messageOf } from '../common/error.ts'
import { type Finding, Findings } from '../common/findings.ts'
import { Rng } from '../common/random.ts'
import { checkSpaces } from './check/check-spaces.ts'
import { hasEnded, outcomeOf, type Played, record, replay } from './check/player.ts'
import { checkRender, checkReset } from './check/results.ts'
import { NeverEnded, type Patience, Watch } from './check/watch.ts'
import type { Env } from './env.ts'

export type { Finding }

export interface CheckOptions extends Patience {
  /** Chooses actions and seeds; the same one finds the same. */
  readonly rng?: Rng
  /** Steps of each of the five or so rollouts. */
  readonly steps?: number
}

/**
 * Holds an environment to its contract: what Gymnasium's `env_checker` looks at (spaces, results of reset and step,
 * seeds, render, close) and more (masks, snapshots that replay exactly, observations and actions left alone).
 * The environment is reset, stepped and in the end closed. Never throws for what the environment does wrong; a call
 * whose promise doesn't settle in time is reported, and ends the check.
 * @throws interrupted when the signal says so
 */
export async function checkEnv<O, A>(
  env: Env<O, A>,
  options: CheckOptions = {},
): Promise<readonly Finding[]> {
  const findings = new Findings()
  const watch = new Watch(options)
  const watched = watch.over(env)
  const rng = options.rng ?? Rng.of(0, 'check-env')
  const check = { env: watched, findings, rng, steps: options.steps ?? 100 }
  if (checkSpaces(env, findings)) {
    await watch.within(() => checkBehaviour(check)).catch(reportTo(findings))
  }
  const closing = new Watch(options)
  await closing.within(() => checkClose(closing.over(env), findings)).catch(reportTo(findings))
  return findings.all
}

/** The rollouts report what reset and step throw; this is anything else, and must be said all the same. */
function reportTo(findings: Findings): (error: unknown) => void {
  return error => {
    if (error instanceof LayergymError && error.kind === 'interrupted') throw error
    if (error instanceof NeverEnded) findings.error('env.hangs', error.message)
    else findings.error('env.throws', `the environment throws while it is checked: ${messageOf(error)}`)
  }
}

/**
 * Throws unless `checkEnv` finds no error; warnings pass.
 * @throws input error that lists them
 */
export async function assertEnv<O, A>(env: Env<O, A>, options: CheckOptions = {}): Promise<void> {
  const errors = (await checkEnv(env, options)).filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return
  const list = errors.map(({ code, message }) => `- ${code}: ${message}`).join('\n')
  const id = env.spec?.id ?? 'the environment'
  throw inputError('env.invalid', `${id} breaks the contract of Env in ${errors.length} ways:\n${list}`)
}

interface Check {
  readonly env: Env<unknown, unknown>
  readonly findings: Findings
  readonly rng: Rng
  readonly steps: number
}

async function checkBehaviour(check: Check): Promise<void> {
  await checkEpisodes(check)
  await checkRender(check.env, check.findings)
}

async function checkEpisodes(check: Check): Promise<void> {
  const { env, findings, rng } = check
  const seed = rng.int(2 ** 31 - 1)
  if (!(await checkReset(env, seed, findings))) return
  const played = await record(env, { ...check, seed })
  if (played === undefined) return
  await checkEnds(check, played)
  if (env.spec.nondeterministic) return
  const reproducible = await checkSeeds(check, played)
  await checkSnapshot(check, played, reproducible)
}

async function checkEnds({ env, findings }: Check, played: readonly Played[]): Promise<void> {
  const limit = env.spec.maxEpisodeSteps
  const longest = longestEpisode(played)
  if (limit !== undefined && longest > limit) {
    findings.error(
      'episode.length',
      `an episode lasts ${longest} steps or more, spec.maxEpisodeSteps says ${limit}: end it there with truncated`,
    )
  }
  const { call } = played[played.length - 1]
  if (!hasEnded(played[played.length - 1]) || 'reset' in call) return
  const { error } = await outcomeOf(env, call)
  if (error !== undefined) return
  findings.warning(
    'step.after-end',
    'a step after the end of an episode is carried out: throw an error that says to call reset',
  )
}

/** Seeds that are tried besides the first: where a seed decides one toss of a coin, so many agree once in 32 times. */
const OTHER_SEEDS = 5

/** Whether the same seed gives the same episodes. */
async function checkSeeds({ env, findings }: Check, played: readonly Played[]): Promise<boolean> {
  const [first, ...rest] = played
  const seed = 'reset' in first.call ? (first.call.reset.seed ?? 0) : 0
  const others = env.spec.heavy === true ? 1 : OTHER_SEEDS
  let alike = 0
  while (alike < others) {
    const call = { reset: { seed: seed + 1 + alike } }
    if ((await replay(env, [{ ...first, call }, ...rest])).difference !== undefined) break
    alike++
  }
  if (alike === others) {
    findings.warning(
      'seed.ignored',
      `${others + 1} different seeds give the same episode: if anything is random, reset({ seed }) must decide it`,
    )
  }
  const { difference } = await replay(env, played)
  if (difference === undefined) return true
  findings.error(
    'seed.irreproducible',
    `the same seed and actions give another episode (${difference}): draw everything random from a generator ` +
      'that reset({ seed }) sets, or say spec.nondeterministic',
  )
  return false
}

/** From a snapshot in mid-course the same future must follow, twice: a restore must not use it up. */
async function checkSnapshot({ env, findings }: Check, played: readonly Played[], reproducible: boolean) {
  if ((env.snapshot === undefined) !== (env.restore === undefined)) {
    const [has, lacks] = env.snapshot ? ['snapshot', 'restore'] : ['restore', 'snapshot']
    findings.error(
      'snapshot.half',
      `the environment has ${has}() but no ${lacks}(): implement both or neither`,
    )
  }
  if (!env.snapshot || !env.restore) return
  let middle = Math.ceil(played.length / 2)
  while (hasEnded(played[middle - 1])) middle--
  try {
    await replay(env, played.slice(0, middle))
    const snapshot = await env.snapshot()
    const future = await replay(env, played.slice(middle))
    if (reproducible && future.difference !== undefined) {
      findings.error(
        'snapshot.disturbs',
        `after snapshot() the episode goes on differently (${future.difference}): taking one must change nothing`,
      )
    }
    for (const time of ['', ' a second time']) {
      await env.restore(snapshot)
      const { difference } = await replay(env, future.played)
      if (difference === undefined) continue
      findings.error(
        'snapshot.replay',
        `restored${time}, the same actions lead elsewhere (${difference}): a snapshot holds copies of everything ` +
          'that decides the future, the random generator included',
      )
      return
    }
  } catch (error) {
    findings.error('snapshot.throws', `snapshot() or restore() throws: ${messageOf(error)}`)
  }
}

function longestEpisode(played: readonly Played[]): number {
  let [longest, length] = [0, 0]
  for (const { call } of played) {
    length = 'reset' in call ? 0 : length + 1
    longest = Math.max(longest, length)
  }
  return longest
}

async function checkClose(env: Env<unknown, unknown>, findings: Findings): Promise<void> {
  const twice = 'close() must be safe to call, also on a closed environment'
  for (const time of ['', ' a second time']) {
    try {
      await env.close?.()
    } catch (error) {
      findings.error('close.throws', `close() called${time} throws: ${messageOf(error)}; ${twice}`)
      return
    }
  }
}

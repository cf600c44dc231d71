import { interrupted } from '../../common/error.ts'
import type { Findings } from '../../common/findings.ts'
import { Rng } from '../../common/random.ts'
import type { Env } from '../../envs/env.ts'
import { type EnvOptions, makeEnvAsync } from '../../envs/registry.ts'
import type { AgentContext, Memory, Trajectory, Transition } from '../agent.ts'
import { isRecurrent } from './memory.ts'
import { playedScoreOf, scoreOf } from './score.ts'
import type { AnyAgent } from './trial.ts'

/** Asked of agents that carry a memory alone. */
const MEMORY = 'Memory-v0'

/**
 * Small environments whose optimum is known, each of which asks for something of its own. None hides its rewards: how
 * much to explore is an agent's choice, no part of the contract.
 */
const TASKS: readonly (readonly [id: string, options: EnvOptions, asks: string])[] = [
  ['Bandit-v0', {}, 'telling good actions from bad ones'],
  ['Chain-v0', { length: 4, small: 0.1 }, 'preferring a large reward later to a small one now'],
  ['MaskedWalk-v0', {}, 'masks'],
  ['GridWorld-v0', {}, 'paths of many steps, and time limits'],
  ['ContinuousTarget-v0', {}, 'continuous actions'],
  [MEMORY, { length: 2 }, 'remembering'],
]

/** Of the way from uniformly random actions to the optimum. */
const GOOD = 0.9
/** Evaluations within a budget, and how many in a row must be good: one may be luck. */
const EVALUATIONS = 40
const IN_A_ROW = 3
const SEEDS = 3

export interface SkillOptions {
  /** Undefined where the agent refuses the spaces. */
  readonly make: (context: Omit<AgentContext, 'config'>) => AnyAgent | undefined
  /** Environment steps a task and seed. */
  readonly steps: number
  readonly seed: number
  readonly findings: Findings
  readonly signal?: AbortSignal
}

/** Whether the agent comes near the optimum of small environments, with two seeds of three. */
export async function checkSkill(options: SkillOptions): Promise<void> {
  const { findings, steps } = options
  for (const [id, settings, asks] of TASKS) {
    const best: number[] = []
    const made = () => makeEnvAsync(id, settings)
    for (let seed = options.seed; seed < options.seed + SEEDS; seed++) {
      // Two that agree decide.
      if (majority(best.filter(isGood)) || majority(best.filter(share => !isGood(share)))) break
      const share = await bestShare([await made(), await made()], id === MEMORY, seed, options)
      if (share === undefined) break
      best.push(share)
    }
    if (best.length === 0 || majority(best.filter(isGood))) continue
    const reached = best.map(share => `${Math.round(100 * share)} %`).join(', ')
    findings.error(
      `learning.${id.toLowerCase().replace(/-v\d+$/, '')}`,
      `${id} (${asks}) is not learned in ${steps} steps: of the way from random actions to the optimum, greedy ` +
        `actions kept ${reached} with ${best.length} seeds, where ${100 * GOOD} % are asked of two: mend learn(), ` +
        'set better defaults, or allow more steps',
    )
  }
}

/**
 * @param envs to learn in, and to play in
 * @param hidden whether it takes a memory
 * @returns the share that several evaluations in a row kept, at best; undefined where the agent can't act, or has no memory
 *   where one is asked for
 */
async function bestShare(
  [env, other]: readonly [Env<unknown, unknown>, Env<unknown, unknown>],
  hidden: boolean,
  seed: number,
  { make, steps, signal }: SkillOptions,
): Promise<number | undefined> {
  const { observationSpace, actionSpace } = env
  const agent = make({ observationSpace, actionSpace, gamma: 0.99, rng: Rng.of(seed, 'agent') })
  if (agent === undefined) return undefined
  const { observation } = await other.reset({ seed })
  const recurrent = await isRecurrent(agent, observation, other.actionMask?.())
  if (hidden && !recurrent) return undefined
  const shares: number[] = []
  let best = Number.NEGATIVE_INFINITY
  let next = 0
  for await (const step of learning(agent, env, seed, steps)) {
    if (step < next) continue
    next = step + steps / EVALUATIONS
    // Lets a signal through.
    await new Promise(resolve => setImmediate(resolve))
    if (signal?.aborted) throw interrupted()
    shares.push(await (recurrent ? playedScoreOf(agent, other, seed) : scoreOf(agent, env)))
    if (shares.length >= IN_A_ROW) best = Math.max(best, Math.min(...shares.slice(-IN_A_ROW)))
    if (isGood(best)) break
  }
  agent.dispose?.()
  return best
}

/** Plays and learns; yields the number of steps after every update, and when all are done. */
async function* learning(agent: AnyAgent, env: Env<unknown, unknown>, seed: number, steps: number) {
  const rng = Rng.of(seed, 'policy')
  const { unit, count } = agent.appetite
  let rollout: Trajectory<unknown, unknown>[] = []
  let transitions: Transition<unknown, unknown>[] = []
  let memory: Memory | undefined
  let episode = 0
  let since = 0
  const begin = () => env.reset({ seed: Rng.of(seed, 'episode', episode).int(2 ** 31) })
  let { observation } = await begin()
  for (let step = 1; step <= steps; step++) {
    const mask = env.actionMask?.()
    const [decision] = await agent.act([observation], {
      masks: [mask],
      memories: [memory],
      explore: true,
      rng,
    })
    const { reward, terminated, truncated, ...seen } = await env.step(decision.action)
    transitions.push({ observation, mask, ...decision, memory, reward, duration: 1 })
    memory = decision.memory
    observation = seen.observation
    const ended = terminated || truncated
    since += unit === 'step' || ended ? 1 : 0
    const full = since >= count
    if (ended || (full && unit === 'step')) {
      const finalObservation = observation
      const cut = truncated || !ended
      const after = { finalObservation, finalMemory: memory }
      rollout.push({ episode, actor: 'shared', transitions, terminated, truncated: cut, ...after })
      transitions = []
    }
    if (ended) {
      episode++
      memory = undefined
      observation = (await begin()).observation
    }
    if (full) {
      await agent.learn(rollout)
      rollout = []
      since = 0
      yield step
    }
  }
}

function isGood(share: number): boolean {
  return share >= GOOD
}

function majority(of: readonly number[]): boolean {
  return of.length > SEEDS / 2
}

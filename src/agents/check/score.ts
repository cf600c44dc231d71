import { Rng } from '../../common/random.ts'
import type { Env, Mask } from '../../envs/env.ts'
import { ContinuousTarget } from '../../envs/exact/continuous-target.ts'
import { optimum } from '../../envs/exact/optimum.ts'
import { type Mdp, TabularEnv } from '../../envs/exact/tabular.ts'
import { unwrapped } from '../../envs/wrappers/wrapper.ts'
import type { Memory } from '../agent.ts'
import type { AnyAgent } from './trial.ts'

/** How far greedy actions come on the way from uniformly random ones (0) to the optimum (1), exactly. */
export async function scoreOf(agent: AnyAgent, env: Env<unknown, unknown>): Promise<number> {
  const inner = unwrapped(env)
  if (inner instanceof TabularEnv) return tabularScore(agent, inner.mdp, env.spec.maxEpisodeSteps)
  if (inner instanceof ContinuousTarget) return targetScore(agent, inner)
  throw new TypeError(`${env.spec.id} has no optimum that is known`)
}

/** The same of an agent whose actions depend on what came before: by greedy episodes. */
export async function playedScoreOf(
  agent: AnyAgent,
  env: Env<unknown, unknown>,
  seed: number,
): Promise<number> {
  const inner = unwrapped(env)
  const { sum, steps } = await play(agent, env, seed)
  if (inner instanceof ContinuousTarget) return 1 + sum / steps / ((2 / 3) * inner.size)
  if (!(inner instanceof TabularEnv)) throw new TypeError(`${env.spec.id} has no optimum that is known`)
  const value = (of: Mdp) => optimum(of, { horizon: env.spec.maxEpisodeSteps }).expectedReturn
  const worst = value(uniform(inner.mdp))
  return (sum / EPISODES - worst) / (value(inner.mdp) - worst)
}

const EPISODES = 40

async function play(agent: AnyAgent, env: Env<unknown, unknown>, seed: number) {
  let [sum, steps] = [0, 0]
  for (let episode = 0; episode < EPISODES; episode++) {
    let { observation } = await env.reset({ seed: Rng.of(seed, 'greedy', episode).int(2 ** 31) })
    let memory: Memory | undefined
    for (let ended = false; !ended; steps++) {
      const context = {
        masks: [env.actionMask?.()],
        memories: [memory],
        explore: false,
        rng: Rng.of(1, 'greedy'),
      }
      const [decision] = await agent.act([observation], context)
      const result = await env.step(decision.action)
      memory = decision.memory
      observation = result.observation
      sum += result.reward
      ended = result.terminated || result.truncated
    }
  }
  return { sum, steps }
}

/** The value of the greedy policy, from the process's own table. */
async function tabularScore(agent: AnyAgent, mdp: Mdp, horizon?: number): Promise<number> {
  const states = Array.from({ length: mdp.states }, (_, state) => state)
  const masks = states.map(state => maskOf(mdp, state))
  const policy = await greedy(agent, states, masks)
  const value = (of: Mdp) => optimum(of, { horizon }).expectedReturn
  const best = value(mdp)
  const worst = value(uniform(mdp))
  return (value({ ...mdp, allowed: (state, action) => action === policy[state] }) - worst) / (best - worst)
}

/** A point off by Δ costs Δ² a coordinate; a random one 2/3 in the mean. */
async function targetScore(agent: AnyAgent, env: ContinuousTarget): Promise<number> {
  const rng = Rng.of(1, 'targets')
  const targets = Array.from({ length: 200 }, () => env.observationSpace.sample(rng))
  const actions = await greedy(agent, targets, [])
  const errors = targets.map((target, i) =>
    target.reduce((sum, x, k) => sum + (x - (actions[i] as Float32Array)[k]) ** 2, 0),
  )
  const mean = errors.reduce((sum, error) => sum + error, 0) / targets.length
  return 1 - mean / ((2 / 3) * env.size)
}

async function greedy(
  agent: AnyAgent,
  observations: readonly unknown[],
  masks: readonly (Mask | undefined)[],
) {
  const context = { masks: observations.map((_, i) => masks[i]), explore: false, rng: Rng.of(1, 'greedy') }
  return (await agent.act(observations, context)).map(({ action }) => action)
}

function maskOf({ allowed, actions }: Mdp, state: number): Mask | undefined {
  if (allowed === undefined) return undefined
  return Uint8Array.from({ length: actions }, (_, action) => (allowed(state, action) ? 1 : 0))
}

/** The process under uniformly random allowed actions: one action, whose outcomes are those of all. */
function uniform(mdp: Mdp): Mdp {
  const choices = Array.from({ length: mdp.states }, (_, state) => {
    const mask = maskOf(mdp, state)
    return Array.from({ length: mdp.actions }, (_, action) => action).filter(action => mask?.[action] !== 0)
  })
  return {
    ...mdp,
    actions: 1,
    allowed: undefined,
    outcomes: state =>
      choices[state].flatMap(action =>
        mdp.outcomes(state, action).map(outcome => ({
          ...outcome,
          probability: outcome.probability / choices[state].length,
        })),
      ),
  }
}

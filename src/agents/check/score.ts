import { Rng } from '../../common/random.ts'
import type { Env, Mask } from '../../envs/env.ts'
import { ContinuousTarget } from '../../envs/exact/continuous-target.ts'
import { optimum } from '../../envs/exact/optimum.ts'
import { type Mdp, TabularEnv } from '../../envs/exact/tabular.ts'
import { unwrapped } from '../../envs/wrappers/wrapper.ts'
import type { AnyAgent } from './trial.ts'

/** How far greedy actions come on the way from uniformly random ones (0) to the optimum (1), exactly. */
export async function scoreOf(agent: AnyAgent, env: Env<unknown, unknown>): Promise<number> {
  const inner = unwrapped(env)
  if (inner instanceof TabularEnv) return tabularScore(agent, inner.mdp, env.spec.maxEpisodeSteps)
  if (inner instanceof ContinuousTarget) return targetScore(agent, inner)
  throw new TypeError(`${env.spec.id} has no optimum that is known`)
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

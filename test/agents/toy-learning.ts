import type { Agent, Decision, Trajectory, Transition } from '../../src/agents/agent.ts'
import { Rng } from '../../src/common/random.ts'
import type { Env, Mask } from '../../src/envs/env.ts'

type AnyAgent = Agent<unknown, unknown>

/** One episode of a synchronous environment, every action held to its mask and space. */
export async function playEpisode<A>(
  env: Env<Float32Array, A>,
  agent: AnyAgent,
  seed: number,
  explore: boolean,
): Promise<Trajectory<unknown, unknown>> {
  const rng = Rng.of(seed, 'policy')
  const transitions: Transition<unknown, unknown>[] = []
  let { observation } = await env.reset({ seed })
  for (;;) {
    const mask: Mask | undefined = env.actionMask?.()
    const [decision]: readonly Decision<unknown>[] = await agent.act([observation], {
      masks: [mask],
      explore,
      rng,
    })
    if (!env.actionSpace.contains(decision.action)) throw new Error(`no action: ${String(decision.action)}`)
    if (mask !== undefined && mask[Number(decision.action)] === 0) throw new Error('a masked action')
    const result = await env.step(decision.action)
    transitions.push({ observation, mask, ...decision, reward: result.reward, duration: 1 })
    observation = result.observation
    const { terminated, truncated } = result
    if (!terminated && !truncated) continue
    return {
      episode: seed,
      actor: 'shared',
      transitions,
      terminated,
      truncated,
      finalObservation: observation,
    }
  }
}

/** Learns from whole episodes, as many an update as its appetite fills. */
export async function learnEpisodes<A>(
  env: Env<Float32Array, A>,
  agent: AnyAgent,
  { episodes, seed }: { readonly episodes: number; readonly seed: number },
): Promise<void> {
  let pending: Trajectory<unknown, unknown>[] = []
  let had = 0
  for (let index = 0; index < episodes; index++) {
    const trajectory = await playEpisode(env, agent, seed * 10_000 + index, true)
    pending.push(trajectory)
    had += agent.appetite.unit === 'episode' ? 1 : trajectory.transitions.length
    if (had < agent.appetite.count) continue
    await agent.learn(pending)
    pending = []
    had = 0
  }
}

/** Mean undiscounted return of 50 greedy episodes. */
export async function greedyReturn<A>(env: Env<Float32Array, A>, agent: AnyAgent): Promise<number> {
  let sum = 0
  for (let i = 0; i < 50; i++) {
    const { transitions } = await playEpisode(env, agent, 1_000_000 + i, false)
    sum += transitions.reduce((total, { reward }) => total + reward, 0)
  }
  return sum / 50
}

import type { Decision, Trajectory, Transition } from '../../agents/agent.ts'
import { interrupted } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
import type { StepResult } from '../../envs/env.ts'
import { FlatEnv } from '../../envs/finetune/flat.ts'
import { parallelView, SequentialEnv } from '../../envs/finetune/views.ts'
import type { FineTuning } from '../../envs/finetune/world.ts'
import type { Weights } from '../../models/initialize.ts'
import type { Clock, GroupAgent } from './roles.ts'
import { type RootControl, RootPlayer } from './root-player.ts'
import type { EpisodeSummary, RoundSummary } from './summary.ts'

type Observation = Float32Array

export interface EpisodeResult {
  readonly summary: EpisodeSummary
  /** One an acting group, or one of all groups in turn (sequential view). */
  readonly trajectories: readonly Trajectory<unknown, unknown>[]
  readonly actions: readonly unknown[]
  /** One a round; then what ending the run paid, where the root did. */
  readonly rewards: readonly number[]
  /** Of its best moment. */
  readonly weights: Weights
}

export interface EpisodeRequest {
  readonly world: FineTuning<unknown>
  readonly view: 'parallel' | 'sequential' | 'flat'
  /** Who acts for each group, in order; the same object everywhere under shared and joint control. */
  readonly agents: readonly GroupAgent[]
  /** Who decides which groups may move; nobody where it is left out. */
  readonly root?: RootControl
  readonly index: number
  readonly explore: boolean
  readonly worldSeed: number
  /** The policy's stream for this episode: Rng.of(seed, 'policy', index). */
  readonly rng: Rng
  readonly clock: Clock
  /** Ends the episode between rounds. */
  readonly signal?: AbortSignal
}

/** Runs one episode: agents act on the groups of a world until it terminates. */
export async function runEpisode(request: EpisodeRequest): Promise<EpisodeResult> {
  const start = request.clock()
  const { index: episode, explore } = request
  // A stream of its own, drawn from none: with and without a root, groups see the same.
  const rng = Rng.of(request.worldSeed, 'root', episode)
  const root = request.root && new RootPlayer(request.root, { explore, rng, episode })
  const collected = await COLLECT[request.view](request, root)
  const { rounds, actions } = collected
  const { world } = request
  const stop = root?.stopped ? world.stop() : undefined
  if (stop !== undefined) root?.afterStop(stop.reward)
  // Where the root ended the run at once, groups did nothing.
  const played = collected.trajectories
    .filter(({ transitions }) => transitions.length > 0)
    .map(trajectory => (stop === undefined ? trajectory : paidAtStop(trajectory, stop.rewards[0])))
  const trajectories = root ? [...played, root.trajectory()] : played
  const rewards = [...rounds.map(round => round.reward), ...(stop ? [stop.reward] : [])]
  const best = world.best.measured.evaluation
  return {
    trajectories,
    actions,
    rewards,
    weights: world.options.trainee.read(world.best.handle),
    summary: {
      index: request.index,
      kind: request.explore ? 'learning' : 'greedy',
      return: rewards.reduce((a, b) => a + b, 0),
      returnNoise: world.returnNoise,
      flops: world.spentFlops,
      seconds: (request.clock() - start) / 1000,
      steps: rounds.at(-1)?.summary.step ?? 0,
      diverged: world.diverged,
      score: world.best.score,
      rewardLoss: best.loss,
      rewardAccuracy: best.primary,
      rounds: rounds.map(round => round.summary),
      ...(stop && { stop: { reward: stop.reward, noise: stop.noise } }),
    },
  }
}

const COLLECT = { parallel: collectParallel, sequential: collectSequential, flat: collectFlat } as const

interface Collected {
  readonly trajectories: readonly Trajectory<unknown, unknown>[]
  readonly rounds: readonly { readonly reward: number; readonly summary: RoundSummary }[]
  readonly actions: readonly unknown[]
}

async function collectParallel(request: EpisodeRequest, root?: RootPlayer): Promise<Collected> {
  const { world, agents, index, explore } = request
  const envs = parallelView(world)
  const streams = agents.map((_, group) => Rng.of(request.rng.int(2 ** 31), 'group', group))
  let observations: Observation[] = (
    await Promise.all(envs.map(env => env.reset({ seed: request.worldSeed })))
  ).map(result => result.observation)
  const paths: Transition<unknown, unknown>[][] = envs.map(() => [])
  const rounds: Collected['rounds'][number][] = []
  const actions: unknown[] = []
  for (let over = false; !over; ) {
    if (request.signal?.aborted) throw interrupted()
    if (root !== undefined) {
      if (!(await root.beforeRound())) break
      observations = envs.map(env => world.observation(env.group))
    }
    const masks = envs.map(env => env.actionMask())
    const decisions: Decision<unknown>[] = []
    for (const [group, agent] of agents.entries()) {
      const context = { masks: [masks[group]], explore, rng: streams[group] }
      const [decision] = await agent.act([observations[group]], context)
      decisions.push(decision)
    }
    const results = await Promise.all(envs.map((env, group) => env.step(decisions[group].action)))
    results.forEach((result, group) => {
      paths[group].push({
        observation: observations[group],
        mask: masks[group],
        ...decisions[group],
        reward: result.reward,
        duration: 1,
      })
    })
    const chosen = decisions.map(decision => decision.action)
    actions.push(chosen)
    rounds.push({
      reward: Number(results[0].info.reward),
      summary: roundSummary(
        world,
        chosen,
        results.map(r => r.reward),
        results[0],
        root,
      ),
    })
    root?.afterRound(Number(results[0].info.reward))
    observations = results.map(result => result.observation)
    over = results[0].terminated
  }
  const trajectories = paths.map((transitions, group) =>
    ended(index, world.options.trainee.network.groups[group].name, transitions, observations[group]),
  )
  return { trajectories, rounds, actions }
}

async function collectSequential(request: EpisodeRequest, root?: RootPlayer): Promise<Collected> {
  const { world, agents, index, explore } = request
  const env = new SequentialEnv(world)
  let { observation } = await env.reset({ seed: request.worldSeed })
  const transitions: Transition<unknown, unknown>[] = []
  const rounds: Collected['rounds'][number][] = []
  const actions: unknown[] = []
  let chosen: unknown[] = []
  for (let over = false; !over; ) {
    if (request.signal?.aborted) throw interrupted()
    if (root !== undefined && env.group === 0) {
      if (!(await root.beforeRound())) break
      observation = world.observation(0)
    }
    const mask = env.actionMask()
    const [decision] = await agents[env.group].act([observation], {
      masks: [mask],
      explore,
      rng: request.rng,
    })
    const result = await env.step(decision.action)
    const duration = result.info.duration === 0 ? 0 : 1
    transitions.push({ observation, mask, ...decision, reward: result.reward, duration })
    chosen.push(decision.action)
    if (duration === 1) {
      actions.push(chosen)
      rounds.push({
        reward: result.reward,
        summary: roundSummary(
          world,
          chosen,
          chosen.map(() => result.reward),
          result,
          root,
        ),
      })
      chosen = []
      root?.afterRound(result.reward)
    }
    observation = result.observation
    over = result.terminated
  }
  return { trajectories: [ended(index, 'shared', transitions, observation)], rounds, actions }
}

/** One agent chooses for all groups at once. */
async function collectFlat(request: EpisodeRequest, root?: RootPlayer): Promise<Collected> {
  const { world, agents, index, explore, rng } = request
  const env = new FlatEnv(world)
  let { observation } = await env.reset({ seed: request.worldSeed })
  const transitions: Transition<unknown, unknown>[] = []
  const rounds: Collected['rounds'][number][] = []
  const actions: unknown[] = []
  for (let over = false; !over; ) {
    if (request.signal?.aborted) throw interrupted()
    if (root !== undefined) {
      if (!(await root.beforeRound())) break
      observation = env.observation()
    }
    const mask = env.actionMask()
    const [decision] = await agents[0].act([observation], { masks: [mask], explore, rng })
    const result = await env.step(decision.action)
    const chosen = env.split(decision.action)
    transitions.push({ observation, mask, ...decision, reward: result.reward, duration: 1 })
    actions.push(chosen)
    const rewards = chosen.map(() => result.reward)
    rounds.push({ reward: result.reward, summary: roundSummary(world, chosen, rewards, result, root) })
    root?.afterRound(result.reward)
    observation = result.observation
    over = result.terminated
  }
  return { trajectories: [ended(index, 'joint', transitions, observation)], rounds, actions }
}

/** What one actor did in an episode that ended by itself. */
function ended(
  episode: number,
  actor: string,
  transitions: readonly Transition<unknown, unknown>[],
  finalObservation: Observation,
): Trajectory<unknown, unknown> {
  return { episode, actor, transitions, terminated: true, truncated: false, finalObservation }
}

/** What a run pays for its end when the root ends it: each actor's last action led there, as if its round had been the last. */
function paidAtStop(trajectory: Trajectory<unknown, unknown>, reward: number): Trajectory<unknown, unknown> {
  const { transitions } = trajectory
  const last = transitions[transitions.length - 1]
  return {
    ...trajectory,
    transitions: [...transitions.slice(0, -1), { ...last, reward: last.reward + reward }],
  }
}

function roundSummary(
  world: FineTuning<unknown>,
  actions: readonly unknown[],
  rewards: readonly number[],
  result: StepResult<Observation>,
  root: RootPlayer | undefined,
): RoundSummary {
  const {
    reward,
    rewardNoise: noise,
    step,
    flops,
    trainLoss,
    score,
    loss,
    primary,
  } = result.info as Record<string, number>
  return {
    reward,
    noise,
    step,
    flops,
    trainLoss,
    score,
    rewardLoss: loss,
    rewardAccuracy: primary,
    ...(root && { root: root.choice }),
    groups: world.settings.map((setting, group) => ({
      action: world.options.actions.describe(actions[group]),
      learningRate: setting.frozen ? 0 : setting.learningRate,
      reward: rewards[group],
    })),
  }
}

import type { Memory, Trajectory, Transition } from '../../agents/agent.ts'
import { interrupted } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
import { checkAction } from '../../envs/hierarchy/views.ts'
import type { RoundResult, World } from '../../envs/world.ts'
import type { Weights } from '../../models/initialize.ts'
import { type Clock, type GroupAgent, secondsSince } from './roles.ts'
import { type RootControl, RootPlayer } from './root-player.ts'
import { SEATS, type Seats, type ViewName } from './seats.ts'
import type { EpisodeSummary, RoundSummary } from './summary.ts'

export interface EpisodeResult {
  readonly summary: EpisodeSummary
  /** One an actor of the view, then the root's. */
  readonly trajectories: readonly Trajectory<unknown, unknown>[]
  /** A round's, one a group. */
  readonly actions: readonly unknown[]
  /** One a round; then what ending the run paid, where the root did. */
  readonly rewards: readonly number[]
  /** Of its best moment. */
  readonly weights: Weights
}

export interface EpisodeRequest {
  readonly world: World
  readonly view: ViewName
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
  readonly signal?: Pick<AbortSignal, 'aborted'>
}

/** Runs one episode: agents act on the groups of a world until it terminates. */
export async function runEpisode(request: EpisodeRequest): Promise<EpisodeResult> {
  const start = request.clock()
  const { index, explore, world } = request
  // A stream of its own, drawn from none: with and without a root, groups see the same.
  const rng = Rng.of(request.worldSeed, 'root', index)
  const root = request.root && new RootPlayer(request.root, { explore, rng, episode: index })
  const played = await playRounds(request, SEATS[request.view](world), root)
  const stop = root?.stopped ? world.stop() : undefined
  if (stop !== undefined) root?.afterStop(stop)
  const trajectories = [
    // Where the root ended the run at once, groups did nothing.
    ...played.trajectories
      .filter(({ transitions }) => transitions.length > 0)
      .map(trajectory => (stop === undefined ? trajectory : paidAtStop(trajectory, stop.rewards[0]))),
    ...(root ? [root.trajectory()] : []),
  ]
  const rewards = [...played.rounds.map(({ reward }) => reward), ...(stop ? [stop.reward] : [])]
  const { loss: rewardLoss, primary: rewardPrimary } = world.best.measured.evaluation
  return {
    trajectories,
    actions: played.actions,
    rewards,
    weights: world.bestWeights(),
    summary: {
      index,
      kind: explore ? 'learning' : 'greedy',
      return: rewards.reduce((a, b) => a + b, 0),
      returnNoise: world.returnNoise,
      flops: world.spentFlops,
      seconds: secondsSince(start, request.clock),
      steps: played.rounds.at(-1)?.step ?? 0,
      diverged: world.diverged,
      score: world.best.score,
      rewardLoss,
      rewardPrimary,
      rounds: played.rounds,
      ...(stop && { stop: { reward: stop.reward, noise: stop.noise } }),
    },
  }
}

interface Played {
  readonly trajectories: readonly Trajectory<unknown, unknown>[]
  readonly actions: readonly (readonly unknown[])[]
  readonly rounds: readonly RoundSummary[]
}

/** Round after round: every turn a decision, then the world goes on, and every turn is paid. */
async function playRounds(
  { world, agents, index, explore, worldSeed, rng, signal }: EpisodeRequest,
  { actors, turns, streams: streamsOf, split }: Seats,
  root: RootPlayer | undefined,
): Promise<Played> {
  await world.reset(worldSeed)
  const streams = streamsOf(rng)
  const paths = actors.map((): Transition<unknown, unknown>[] => [])
  const memories: (Memory | undefined)[] = actors.map(() => undefined)
  const actions: (readonly unknown[])[] = []
  const rounds: RoundSummary[] = []
  for (let over = false; !over; ) {
    if (signal?.aborted) throw interrupted()
    if (root !== undefined && !(await root.beforeRound())) break
    const decided = []
    for (const { actor, group, space, observation: see, mask: allow } of turns) {
      const [observation, mask] = [see(), allow()]
      const memory = memories[actor]
      const context = { masks: [mask], memories: [memory], explore, rng: streams[actor] }
      const [decision] = await agents[group].act([observation], context)
      checkAction(space, decision.action)
      memories[actor] = decision.memory
      decided.push({ observation, mask, ...decision, memory })
    }
    const chosen = split(decided.map(({ action }) => action))
    const result = await world.round(chosen)
    const rewards = turns.map(turn => turn.reward(result))
    for (const [i, { actor, duration }] of turns.entries())
      paths[actor].push({ ...decided[i], reward: rewards[i], duration })
    actions.push(chosen)
    rounds.push(roundSummary(world, chosen, result, root))
    root?.afterRound(result)
    over = result.terminated
  }
  const trajectories = actors.map((actor, i) => ({
    ...{ episode: index, actor, transitions: paths[i], terminated: true, truncated: false },
    finalObservation: turns.find(turn => turn.actor === i)?.observation() ?? new Float32Array(),
    ...(memories[i] !== undefined && { finalMemory: memories[i] }),
  }))
  return { trajectories, actions, rounds }
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
  { actions, rates }: World,
  chosen: readonly unknown[],
  { reward, rewards, noise, step, flops, trainLoss, evaluation }: RoundResult,
  root: RootPlayer | undefined,
): RoundSummary {
  const { score, loss: rewardLoss, primary: rewardPrimary } = evaluation
  return {
    ...{ reward, noise, step, flops, trainLoss, score, rewardLoss, rewardPrimary },
    ...(root && { root: root.choice }),
    groups: rates.map((learningRate, group) => ({
      action: actions.describe(chosen[group]),
      learningRate,
      reward: rewards[group],
    })),
  }
}

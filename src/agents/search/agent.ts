import { failure, inputError } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
import type { Space } from '../../envs/env.ts'
import { Box } from '../../envs/spaces.ts'
import type {
  ActContext,
  Agent,
  AgentContext,
  AgentState,
  Decision,
  LearnReport,
  Trajectory,
} from '../agent.ts'
import { readCount } from '../state.ts'

/** An action that was held for a whole episode, as shares of the space [0, 1]^d, and the episode's return. */
export interface Trial {
  readonly point: readonly number[]
  /** Undiscounted; the mean over actors, where one agent acted for several. */
  readonly return: number
}

/** What to try next, as a share of each interval, given what was tried. */
export type Propose = (trials: readonly Trial[], dimensions: number, rng: Rng) => readonly number[]

/**
 * Searches one constant action: an episode plays the same from its first step to its last, and the next proposal
 * depends on what earlier ones returned. It sees no observations: what an agent that does must beat.
 * Greedy: the best so far; before the first episode, the middle.
 */
export class ConstantSearch implements Agent<unknown, Float32Array> {
  readonly appetite = { unit: 'episode', count: 1 } as const
  private readonly space: Box
  private trials: readonly Trial[] = []
  /** Proposals are drawn from it and the number of trials: the same wherever a run is cut. */
  private seed: number

  constructor(
    { actionSpace, rng }: Pick<AgentContext, 'actionSpace' | 'rng'>,
    private readonly propose: Propose,
  ) {
    if (!(actionSpace instanceof Box))
      throw inputError('agent.refused', refusesUnbounded({ actionSpace }) ?? '')
    this.space = actionSpace
    this.seed = rng.int(2 ** 31)
  }

  act(observations: readonly unknown[], { explore }: ActContext): readonly Decision<Float32Array>[] {
    const action = this.toAction(explore ? this.proposal() : this.best)
    return observations.map(() => ({ action: action.slice() }))
  }

  learn(trajectories: readonly Trajectory<unknown, Float32Array>[]): LearnReport {
    const { low, high } = this.space
    const trials = episodesOf(trajectories).map(episode => ({
      point: Array.from(episode[0].transitions[0].action, (x, i) => (x - low[i]) / (high[i] - low[i])),
      return: meanReturn(episode),
    }))
    this.trials = [...this.trials, ...trials]
    if (this.trials.length === 0) return {}
    return { trials: this.trials.length, bestReturn: Math.max(...this.trials.map(trial => trial.return)) }
  }

  state(): AgentState {
    return { agent: 'search', seed: this.seed, trials: this.trials }
  }

  restore(state: AgentState): void {
    this.seed = readCount(state.seed, 'seed')
    if (!Array.isArray(state.trials)) {
      throw inputError('agent.state', "the agent's saved 'trials' are missing: the state is of another agent")
    }
    this.trials = structuredClone(state.trials)
  }

  private get best(): readonly number[] {
    const [first, ...others] = this.trials
    if (first === undefined) return Array<number>(this.space.flatSize).fill(0.5)
    return others.reduce((best, trial) => (trial.return > best.return ? trial : best), first).point
  }

  private proposal(): readonly number[] {
    const rng = Rng.of(this.seed, 'proposal', this.trials.length)
    return this.propose(this.trials, this.space.flatSize, rng)
  }

  private toAction(point: readonly number[]): Float32Array {
    const { low, high } = this.space
    return Float32Array.from(point, (share, i) =>
      Math.min(Math.max(low[i] + share * (high[i] - low[i]), low[i]), high[i]),
    )
  }
}

/** What all actors did in each episode, without those that did nothing. */
function episodesOf<O, A>(trajectories: readonly Trajectory<O, A>[]): Trajectory<O, A>[][] {
  const episodes = new Map<number, Trajectory<O, A>[]>()
  for (const trajectory of trajectories) {
    if (trajectory.transitions.length === 0) continue
    const others = episodes.get(trajectory.episode) ?? []
    episodes.set(trajectory.episode, [...others, trajectory])
  }
  return [...episodes.values()]
}

/**
 * Mean over trajectories of their undiscounted returns.
 * @throws failure when it is not finite
 */
export function meanReturn(trajectories: readonly Trajectory<unknown, unknown>[]): number {
  const sum = trajectories
    .flatMap(({ transitions }) => transitions)
    .reduce((total, { reward }) => total + reward, 0)
  const mean = sum / trajectories.length
  if (Number.isFinite(mean)) return mean
  throw failure('agent.reward', `an episode's return is ${mean}, not finite`)
}

/** Why a search can't act here, if it can't. */
export function refusesUnbounded({
  actionSpace,
}: {
  readonly actionSpace: Space<unknown>
}): string | undefined {
  const given = `this action space is ${JSON.stringify(actionSpace.toJSON())}`
  if (!(actionSpace instanceof Box)) return `it searches a Box, and ${given} (fine-tune: --actions log-rate)`
  const bounded = [...actionSpace.low, ...actionSpace.high].every(Number.isFinite)
  return bounded ? undefined : `it searches between bounds, and ${given}`
}

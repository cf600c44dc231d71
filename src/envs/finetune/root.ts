import { inputError } from '../../common/error.ts'
import type { Env, EnvSpec, ResetResult, Space, StepResult } from '../env.ts'
import { Box, Discrete } from '../spaces.ts'
import type { GroupSetting } from './actions.ts'
import type { Feature, GroupStatistics } from './features.ts'
import { roundInfo } from './views.ts'
import type { FineTuning, RoundResult, WorldState } from './world.ts'

/** What the root chooses: which groups may move until it chooses again. */
export interface RootActions {
  readonly id: string
  /** How many choices there are beside stop. */
  choices(groups: number): number
  /** Whether a group may move under a choice; group 0 is nearest to the input, the last one is the head. */
  opens(choice: number, group: number, groups: number): boolean
}

/** Choice a opens the head and the a groups below it: gradual unfreezing (Howard & Ruder 2018) as actions. */
export const frontier: RootActions = {
  id: 'frontier',
  choices: groups => groups,
  opens: (choice, group, groups) => groups - 1 - group <= choice,
}

/**
 * Choice a opens group a, and the head: surgical fine-tuning (Lee et al. 2023) of one block; the head is new, so
 * it always learns. The last choice is the head alone.
 */
export const singleBlock: RootActions = {
  id: 'single-block',
  choices: groups => groups,
  opens: (choice, group, groups) => group === choice || group === groups - 1,
}

export interface RootOptions {
  /** Default: `frontier`. */
  readonly actions?: RootActions
  /** Rounds between two of its choices. */
  readonly every?: number
  /** The discount a round: R = Σ γ^i r over the rounds of a choice. It must be the agent's. */
  readonly gamma?: number
  /**
   * Settings of all groups for the next round: what works below the root. Groups that it may not move stay frozen
   * whatever this says. Default: every open group trains, at the rate that `reset` goes back to when it was frozen.
   */
  readonly settings?: (world: FineTuning<unknown>) => Promise<readonly GroupSetting[]>
}

/** What the root sees of each group. */
const SUMMARY = ['frozen', 'learning-rate', 'relative-gradient-rank', 'signal-to-noise', 'activation-shift']

/**
 * The environment above the groups: every few rounds it decides which of them may move, or that the run is over.
 * Observation: the global features, then a summary of each group. Its transitions are semi-Markov (Sutton, Precup &
 * Singh 1999): a choice lasts `info.duration` = τ rounds, pays R = Σ_{i<τ} γ^i r_{t+i}, and what follows is worth γ^τ.
 */
export class RootEnv implements Env<Float32Array, number> {
  readonly spec: EnvSpec
  readonly observationSpace: Space<Float32Array>
  readonly actionSpace: Discrete
  private readonly actions: RootActions
  private readonly every: number
  private readonly gamma: number
  private readonly settings: Required<RootOptions>['settings']
  private over = true
  private seed = 0

  constructor(
    private readonly world: FineTuning<unknown>,
    options: RootOptions = {},
  ) {
    this.actions = options.actions ?? frontier
    this.every = options.every ?? 2
    this.gamma = options.gamma ?? 0.99
    this.settings = options.settings ?? trainOpen
    if (!Number.isInteger(this.every) || this.every < 1) {
      throw inputError('root.every', `the root acts every 1, 2, 3… rounds, not every ${this.every}`)
    }
    const { budgetSteps, roundSteps } = world.options
    const rounds = Math.ceil(budgetSteps / roundSteps)
    this.spec = { id: `FineTuning/${this.actions.id}`, maxEpisodeSteps: Math.ceil(rounds / this.every) }
    this.observationSpace = new Box(-1, 1, [
      world.options.states.global.length + world.groups * summary(world).length,
    ])
    this.actionSpace = new Discrete(this.actions.choices(world.groups) + 1)
  }

  /** The last action. */
  get stop(): number {
    return this.actionSpace.n - 1
  }

  async reset(options?: { seed?: number }): Promise<ResetResult<Float32Array>> {
    this.seed = options?.seed ?? this.seed
    await this.world.reset(this.seed)
    this.over = false
    return { observation: this.observation(), info: {} }
  }

  async step(action: number): Promise<StepResult<Float32Array>> {
    if (this.over) throw inputError('episode.over', 'the episode is over: call reset before step')
    if (!this.actionSpace.contains(action)) {
      const space = JSON.stringify(this.actionSpace.toJSON())
      throw inputError('action.invalid', `${JSON.stringify(action)} is not an action of ${space}`)
    }
    if (action === this.stop) {
      this.over = true
      const observation = this.observation()
      return {
        observation,
        reward: 0,
        terminated: true,
        truncated: false,
        info: { duration: 0, stopped: true },
      }
    }
    const { world } = this
    const { groups } = world
    world.permit(Array.from({ length: groups }, (_, group) => this.actions.opens(action, group, groups)))
    let reward = 0
    let result: RoundResult | undefined
    let duration = 0
    while (duration < this.every && !result?.terminated) {
      result = await world.train(await this.settings(world))
      reward += this.gamma ** duration * result.reward
      duration++
    }
    this.over = result?.terminated ?? false
    const info = { ...(result && roundInfo(result)), duration }
    return { observation: this.observation(), reward, terminated: this.over, truncated: false, info }
  }

  snapshot(): { readonly world: WorldState; readonly over: boolean } {
    return { world: this.world.snapshot(), over: this.over }
  }

  restore(snapshot: unknown): void {
    const { world, over } = snapshot as ReturnType<RootEnv['snapshot']>
    this.world.restore(world)
    this.over = over
  }

  private observation(): Float32Array {
    const { world } = this
    const { states } = world.options
    const wanted = summary(world).map(feature => states.group.indexOf(feature))
    const all = Array.from({ length: world.groups }, (_, group) => world.observation(group))
    return Float32Array.from([
      ...all[0].subarray(states.group.length),
      ...all.flatMap(one => wanted.map(index => one[index])),
    ])
  }
}

/** Of the state space's own features; all of them where it has none of these. */
function summary(world: FineTuning<unknown>): readonly Feature<GroupStatistics>[] {
  const { group } = world.options.states
  const known = group.filter(({ id }) => SUMMARY.includes(id))
  return known.length > 0 ? known : group
}

async function trainOpen(world: FineTuning<unknown>): Promise<readonly GroupSetting[]> {
  const { limits } = world.options
  return world.settings.map((setting, group) => {
    if (!world.open[group] || !setting.frozen) return setting
    return { frozen: false, learningRate: limits.reset(world.depth(group)) }
  })
}

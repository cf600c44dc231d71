import { inputError } from '../../common/error.ts'
import type { Env, EnvSpec, Info, ResetResult, Space, StepResult } from '../env.ts'
import { Box, Discrete } from '../spaces.ts'
import type { RoundResult, World } from '../world.ts'
import { OptionReturn } from './option-return.ts'
import { checkStep, roundInfo } from './views.ts'

/** What the root chooses: which groups may move until it chooses again. */
export interface RootActions {
  readonly id: string
  /** In a line, for `layergym list rootActions`. */
  readonly description: string
  /** How many choices there are beside stop. */
  choices(groups: number): number
  /** Whether a group may move under a choice; group 0 is nearest to the input, the last one is the head. */
  opens(choice: number, group: number, groups: number): boolean
  /** For events and reports. */
  describe(choice: number, groups: number): string
}

/** Choice a opens the head and the a groups below it: gradual unfreezing (Howard & Ruder 2018) as actions. */
export const frontier: RootActions = {
  id: 'frontier',
  description: 'how deep groups may move: the head, the head and the group below it, ... (default)',
  choices: groups => groups,
  opens: (choice, group, groups) => groups - 1 - group <= choice,
  describe: choice => (choice === 0 ? 'head alone' : `head and ${choice} below`),
}

/**
 * Choice a opens group a, and the head: surgical fine-tuning (Lee et al. 2023) of one block; the head is new, so
 * it always learns. The last choice is the head alone.
 */
export const singleBlock: RootActions = {
  id: 'single-block',
  description: 'the one group that may move beside the head',
  choices: groups => groups,
  opens: (choice, group, groups) => group === choice || group === groups - 1,
  describe: (choice, groups) => (choice === groups - 1 ? 'head alone' : `head and group ${choice + 1}`),
}

/** What the root sees of each group. */
const SUMMARY = ['frozen', 'learning-rate', 'relative-gradient-rank', 'signal-to-noise', 'activation-shift']

/**
 * The place above the groups of a world: what is seen there, and what a choice does.
 * Observation: the global features, then a summary of each group. Action: a choice of `actions`, or stop, the last.
 */
export class Root {
  readonly observationSpace: Space<Float32Array>
  readonly actionSpace: Discrete
  /** Stopping is unlikely at first: a run that ends at once teaches its groups nothing. */
  readonly initialLogits: Float32Array
  /** Where each group's summary lies in its observation. */
  private readonly summary: readonly number[]

  constructor(
    private readonly world: World,
    readonly actions: RootActions = frontier,
  ) {
    const { group, global } = world.features
    const known = group.flatMap((name, index) => (SUMMARY.includes(name) ? [index] : []))
    // A state space of one's own may have none of these: then all is seen.
    this.summary = known.length > 0 ? known : group.map((_, index) => index)
    this.observationSpace = new Box(-1, 1, [global.length + world.groups * this.summary.length])
    this.actionSpace = new Discrete(actions.choices(world.groups) + 1)
    this.initialLogits = new Float32Array(this.actionSpace.n)
    this.initialLogits[this.stop] = -3
  }

  get stop(): number {
    return this.actionSpace.n - 1
  }

  observation(): Float32Array {
    const { world } = this
    const own = world.features.group.length
    const all = Array.from({ length: world.groups }, (_, group) => world.observation(group))
    return Float32Array.from([
      ...all[0].subarray(own),
      ...all.flatMap(one => this.summary.map(index => one[index])),
    ])
  }

  /** For events and reports. */
  describe(choice: number): string {
    return choice === this.stop ? 'stop' : this.actions.describe(choice, this.world.groups)
  }

  /** Opens the groups that the choice names, and closes the others. */
  choose(choice: number): void {
    const { groups } = this.world
    this.world.permit(Array.from({ length: groups }, (_, group) => this.actions.opens(choice, group, groups)))
  }
}

/** What a root is made with. */
export interface RootOptions {
  /** Default: `frontier`. */
  readonly actions?: RootActions
  /** Rounds between two of its choices; default 2. */
  readonly every?: number
  /** The discount a round: R = Σ γ^i r over the rounds of a choice. It must be the agent's; default 0.99. */
  readonly gamma?: number
  /**
   * Settings of all groups for the next round: what works below the root. Groups that it closed stay frozen whatever
   * this says. Default: every open group trains, at the rate that `reset` goes back to where it was frozen.
   */
  readonly settings?: (world: World) => Promise<readonly unknown[]>
}

/**
 * The root as an environment of its own: every few rounds it decides which groups may move, or that the run is over.
 * Its transitions are semi-Markov (Sutton, Precup & Singh 1999): a choice lasts `info.duration` = τ rounds, pays
 * R = Σ_{i<τ} γ^i r_{t+i}, and what follows is worth γ^τ. Stopping lasts no round and pays what the
 * reward pays for ending there: nothing for rewards that are a difference between before and after.
 */
export class RootEnv implements Env<Float32Array, number> {
  readonly spec: EnvSpec
  readonly observationSpace: Space<Float32Array>
  readonly actionSpace: Discrete
  private readonly root: Root
  private readonly every: number
  private readonly gamma: number
  private readonly settings: Required<RootOptions>['settings']
  private over = true
  private seed = 0

  /** @throws input error when `every` is no positive whole number */
  constructor(
    private readonly world: World,
    options: RootOptions = {},
  ) {
    this.root = new Root(world, options.actions)
    this.every = options.every ?? 2
    this.gamma = options.gamma ?? 0.99
    this.settings = options.settings ?? (async world => world.awake())
    if (!Number.isInteger(this.every) || this.every < 1) {
      throw inputError('root.every', `the root acts every 1, 2, 3… rounds, not every ${this.every}`)
    }
    const maxEpisodeSteps = Math.ceil(world.rounds / this.every)
    this.spec = { id: `${world.id}/${this.root.actions.id}`, maxEpisodeSteps }
    this.observationSpace = this.root.observationSpace
    this.actionSpace = this.root.actionSpace
  }

  /** The action that ends the run. */
  get stop(): number {
    return this.root.stop
  }

  async reset(options?: { seed?: number }): Promise<ResetResult<Float32Array>> {
    this.seed = options?.seed ?? this.seed
    await this.world.reset(this.seed)
    this.over = false
    return { observation: this.root.observation(), info: {} }
  }

  async step(action: number): Promise<StepResult<Float32Array>> {
    checkStep(this.over, this.actionSpace, action)
    const option = new OptionReturn(this.gamma)
    if (action === this.stop) return this.paid(option.end(this.world.stop()), { stopped: true })
    this.root.choose(action)
    while (option.duration < this.every && !option.last?.terminated)
      option.add(await this.world.train(await this.settings(this.world)))
    return this.paid(option)
  }

  /** One step for all rounds of a choice: their discounted rewards, the noise of that, and where the last one ended. */
  private paid(option: OptionReturn, info: Info = {}): StepResult<Float32Array> {
    const last = option.last as RoundResult
    const { reward, noise, duration } = option
    this.over = last.terminated
    return {
      observation: this.root.observation(),
      reward,
      terminated: this.over,
      truncated: false,
      info: { ...roundInfo({ ...last, reward, noise }), duration, ...info },
    }
  }

  snapshot(): { readonly world: unknown; readonly over: boolean } {
    return { world: this.world.snapshot(), over: this.over }
  }

  restore(snapshot: unknown): void {
    const { world, over } = snapshot as ReturnType<RootEnv['snapshot']>
    this.world.restore(world)
    this.over = over
  }
}

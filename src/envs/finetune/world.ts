import { setImmediate as nextTurn } from 'node:timers/promises'
import { inputError } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
import { standardError } from '../../common/statistics.ts'
import type { Weights } from '../../models/initialize.ts'
import type { RoundResult, World, WorldFeatures } from '../world.ts'
import { everythingMoves, type GroupSetting, ratesOf, settingsOf } from './actions.ts'
import { BatchOrder } from './batches.ts'
import { differences } from './difference.ts'
import { type Measurement, measure } from './evaluation.ts'
import { type GroupStatistics, namesOf, observe } from './features.ts'
import { freshRun } from './fresh.ts'
import { settle } from './payment.ts'
import { allOpen, awake, checkOpen, keepAlone, permitted } from './permission.ts'
import { Probe } from './probe.ts'
import { boundLoss, checkCredit, type Evaluation } from './reward.ts'
import { groupStatistics } from './statistics.ts'
import { advance, startOf } from './training.ts'
import type { FineTuningOptions, Moment, Progress, WorldState } from './world-state.ts'

/**
 * The one mutable world of fine-tuning: network, optimizer, data order, budget. Group environments and the other
 * views are windows on it. One episode is one fine-tuning run from the pretrained weights within a budget of
 * steps, and of the FLOPs that as many steps of full fine-tuning cost; one round is `roundSteps` training steps
 * with the settings chosen, then an evaluation on the reward split.
 */
export class FineTuning<A = number> implements World<A, GroupSetting, WorldState> {
  readonly id = 'FineTuning'
  private order: BatchOrder
  private dropout: Rng
  private readonly probe: Probe
  private readonly baselines: Map<number, Measurement>
  /** Which groups may move: all, until `permit` says otherwise. */
  open: readonly boolean[] = []
  private current: readonly GroupSetting[] = []
  private progress: Progress | undefined
  private replayed = 0
  private shared = 0
  /** The seed and the settings of each round: what the rest depends on. */
  private history = ''

  /** @throws input error for credit that can't be given with this reward */
  constructor(readonly options: FineTuningOptions<A>) {
    checkCredit(options.credit, options.reward)
    this.baselines = options.baselines ?? new Map()
    this.order = new BatchOrder(options.splits.train, Rng.of(0))
    this.dropout = Rng.of(0)
    this.probe = new Probe(options.trainee, options.splits.probe)
  }

  get groups(): number {
    return this.options.trainee.network.groups.length
  }

  get names(): readonly string[] {
    return this.options.trainee.network.groups.map(({ name }) => name)
  }

  get actions() {
    return this.options.actions
  }

  get features(): WorldFeatures {
    return namesOf(this.options.states)
  }

  get rounds(): number {
    return Math.ceil(this.options.budgetSteps / this.options.roundSteps)
  }

  get settings(): readonly GroupSetting[] {
    return this.current
  }

  get rates(): readonly number[] {
    return ratesOf(this.current)
  }

  /** FLOPs that an episode may cost. */
  get budgetFlops(): number {
    const { trainee, batchSize, budgetSteps, budgetFlops } = this.options
    if (budgetFlops !== undefined) return budgetFlops
    return budgetSteps * batchSize * trainee.network.stepFlops(trainee.network.groups.map(() => true))
  }

  get flops(): number {
    return this.options.trainee.flops
  }

  get spentFlops(): number {
    return this.flops + this.replayed - this.shared
  }

  get evaluation(): Evaluation<'reward'> {
    return this.running().measured.evaluation
  }

  /** Standard error of the undiscounted return so far, from the choice of the reward split's clips. */
  get returnNoise(): number {
    return standardError(this.running().returns)
  }

  get best(): Moment {
    return this.running().best
  }

  bestWeights(): Weights {
    return this.options.trainee.read(this.best.handle)
  }

  get diverged(): boolean {
    return this.running().diverged
  }

  /** A fresh run: head, data order and dropout come from the seed. */
  async reset(seed: number): Promise<void> {
    const { trainee, norms, splits, reward, stages } = this.options
    this.replayed = 0
    this.shared = 0
    this.history = String(seed)
    const known = stages?.get(this.history)
    if (known !== undefined) {
      this.restore(known.state)
      this.shared = this.flops
      return
    }
    const { weights, order, dropout, settings } = freshRun(this.options, seed)
    trainee.reset(weights, norms)
    this.order = order
    this.dropout = dropout
    this.current = settings
    this.open = allOpen(this.groups)
    this.progress = startOf(measure(trainee, splits.reward), trainee)
    this.probe.reset()
    // Before the probe, which full fine-tuning has no need to pay for.
    if (reward.needsBaseline) this.progress = { ...this.progress, baseline: await this.baseline(seed) }
    if (this.options.probed !== false) this.probe.measure()
    stages?.set(this.history, { state: this.snapshot() })
    await nextTurn()
  }

  /** From now on these groups alone may move; the others are frozen, whatever is chosen for them. */
  permit(open: readonly boolean[]): void {
    this.open = checkOpen(open, this.groups)
    this.current = permitted(this.current, this.open)
  }

  /** Allowed actions; a group that may not move is left one, keep, where there is such an action. */
  mask(group: number): Uint8Array | undefined {
    const { actions, limits } = this.options
    const closed = this.open[group] ? undefined : keepAlone(actions)
    return closed ?? actions.mask?.(this.current[group], this.groups - 1 - group, limits)
  }

  /** [features] in [-1, 1] for one group: its own statistics, then the global ones. */
  observation(group: number): Float32Array {
    const { chance, worst } = this.options.trainee.task
    const { measured, previousLoss, trainLoss } = this.running()
    return observe(this.options.states, this.statistics(group), {
      budgetLeft: this.budgetLeft(),
      chance,
      loss: boundLoss(measured.evaluation.loss, worst),
      score: measured.evaluation.score,
      previousLoss: boundLoss(previousLoss, worst),
      trainLoss: boundLoss(trainLoss, worst),
    })
  }

  statistics(group: number): GroupStatistics {
    return {
      ...groupStatistics(this.options.trainee.network.groups, group, this.current[group]),
      ...this.probe.figures(group),
    }
  }

  awake(): readonly GroupSetting[] {
    return awake(this.current, this.open, this.options.limits)
  }

  settingsAt(rates: readonly number[]): readonly GroupSetting[] {
    return settingsOf(rates, this.options.limits)
  }

  /** Applies one action a group (undefined keeps), trains for a round and evaluates. */
  async round(actions: readonly (A | undefined)[]): Promise<RoundResult> {
    const { actions: set, limits } = this.options
    const kept = this.current
    const settings = kept.map((setting, group) => {
      const action = actions[group]
      return action === undefined ? setting : set.apply(action, setting, this.groups - 1 - group, limits)
    })
    if (this.options.credit !== 'difference') return this.train(settings)
    const { result, replayed } = await differences(this, kept, settings)
    this.replayed += replayed
    return result
  }

  /** One round with these settings: what schedules call directly. */
  async train(settings: readonly GroupSetting[]): Promise<RoundResult> {
    const { roundSteps, trainee, stages, onStep } = this.options
    const before = this.unfinished()
    this.current = permitted(settings, this.open)
    const flopsBefore = trainee.flops
    this.history += JSON.stringify(this.current)
    const known = stages?.get(this.history)
    if (known?.result !== undefined) {
      const { open } = this
      this.restore(known.state)
      // Another permission may have led to the same settings.
      this.open = open
      this.shared += this.flops - flopsBefore
      return known.result
    }
    const handle = trainee.moment()
    const after = await this.advance(before.step + roundSteps, onStep)
    // At the end nobody decides any more: statistics stay those of the last decision, and nothing is paid for them.
    if (!after.done && this.options.probed !== false) this.probe.measure(handle)
    const result = this.pay(after, (trainee.flops - flopsBefore) / this.budgetFlops)
    stages?.set(this.history, { state: this.snapshot(), result })
    return result
  }

  /** Ends the run where it is, as a last round of no steps: a reward that pays at the end does so. */
  stop(): RoundResult {
    const result = this.pay({ ...this.unfinished(), done: true }, 0)
    // No group's action made the difference.
    return this.options.credit === 'difference' ? { ...result, rewards: this.current.map(() => 0) } : result
  }

  snapshot(): WorldState {
    return {
      trainee: this.options.trainee.snapshot(),
      order: this.order.state(),
      dropout: this.dropout.state(),
      probe: this.probe.state(),
      settings: [...this.current],
      open: this.open,
      history: this.history,
      progress: this.running(),
    }
  }

  restore(state: WorldState): void {
    this.options.trainee.restore(state.trainee)
    this.order.restore(state.order)
    this.dropout = Rng.restore(state.dropout)
    this.probe.restore(state.probe)
    this.current = [...state.settings]
    this.open = state.open
    this.history = state.history
    this.progress = state.progress
  }

  /** Share of the budget that is left, the scarcer of steps and FLOPs. */
  budgetLeft(): number {
    const spent = Math.max(this.running().step / this.options.budgetSteps, this.flops / this.budgetFlops)
    return Math.max(0, 1 - spent)
  }

  private advance(until: number, onStep?: (step: number) => void): Promise<Progress> {
    const { options, current: settings, order, dropout, budgetFlops } = this
    return advance(this.running(), until, { ...options, settings, order, dropout, budgetFlops, onStep })
  }

  private pay(after: Progress, cost: number): RoundResult {
    const { progress, result } = settle(this.running(), after, cost, this.options)
    this.progress = progress
    return result
  }

  /** What full fine-tuning at the reset rates reaches from here; played once a seed, and the world is as before. */
  private async baseline(seed: number): Promise<Measurement> {
    const known = this.baselines.get(seed)
    if (known !== undefined) return known
    const start = this.snapshot()
    this.current = everythingMoves(this.groups, this.options.limits)
    const { measured } = await this.advance(this.options.budgetSteps)
    this.replayed += this.flops - start.trainee.flops
    this.restore(start)
    this.baselines.set(seed, measured)
    return measured
  }

  private unfinished(): Progress {
    if (!this.running().done) return this.running()
    throw inputError('episode.over', 'the episode is over: reset the environment before stepping again')
  }

  private running(): Progress {
    if (this.progress === undefined)
      throw inputError('episode.not-started', 'call reset before using the environment')
    return this.progress
  }
}

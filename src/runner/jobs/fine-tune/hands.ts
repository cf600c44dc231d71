import type { AgentState } from '../../../agents/agent.ts'
import type { Trial } from '../../../agents/schedules/schedule.ts'
import type { FineTuningOptions } from '../../../envs/finetune/world-state.ts'
import type { Weights } from '../../../models/initialize.ts'
import { learningIn } from '../../instances/control.ts'
import { weightsDigest } from '../../instances/fingerprints.ts'
import type { Composition } from '../../instances/instance.ts'
import { episodeUnit } from '../../instances/learning-unit.ts'
import { runPolicy, runSchedule } from '../../instances/schedule-runs.ts'
import type { ScheduleRun } from '../../instances/trained.ts'
import type { BestEpisode } from '../../play/learn.ts'
import type { GroupAgent } from '../../play/roles.ts'
import { digestOf } from '../../runs/digest.ts'
import type { OnEvent, RunEvent } from '../../runs/events.ts'
import type { Hands, Unit } from '../../runs/job.ts'
import type { FinalRun, Greedy } from './conclude.ts'
import { type Kept, type Ranked, takesOver, traineeOf } from './kept.ts'

/** What a unit that trains came to; its weights where they may be the best so far. */
export interface TrainedOnce<R extends ScheduleRun = FinalRun> {
  readonly run: R
  /** SHA-256 over the weights of its best moment. */
  readonly content: string
  readonly weights?: Weights
}

export type GreedyRun = Greedy & TrainedOnce

/** Agents as they are, and where they begin. */
interface Policy {
  readonly agents: Readonly<Record<string, AgentState>>
  readonly beginning: Pick<FineTuningOptions<unknown>, 'start' | 'settings'>
}

/** A unit as data. */
export type FineTuneOrder =
  | {
      readonly type: 'schedule'
      readonly name: string
      readonly trial: Trial
      readonly seed: number
      readonly test: boolean
      readonly rank: number
      /** What is kept already. */
      readonly bar?: Ranked
    }
  | ({ readonly type: 'episode'; readonly index: number } & Policy & {
        readonly best?: Pick<BestEpisode, 'score' | 'rewardLoss'>
      })
  /** `flops`: what the start cost. */
  | ({
      readonly type: 'greedy'
      readonly index: number
      readonly flops: number
      readonly bar?: Ranked
    } & Policy)
  | ({ readonly type: 'policy'; readonly seed: number; readonly flops: number } & Policy)

/** Names the run that steps belong to. */
export function stepCounter(onEvent: OnEvent) {
  let run = ''
  let of = 0
  return {
    begin(name: string, steps: number) {
      run = name
      of = steps
    },
    count: (step: number) => onEvent({ type: 'step', run, step, of }),
  }
}

/** After all searches and episodes. */
const GREEDY_RANK = Number.MAX_SAFE_INTEGER

/** Does the units of a fine-tuning run that can be done anywhere: all but learning as a whole. */
export class FineTuneHands implements Hands {
  /** The composition from where agents begin. */
  private from?: { readonly of: string; readonly composition: Composition }

  constructor(
    private readonly composition: Composition,
    private readonly agents: ReadonlyMap<string, GroupAgent>,
    private readonly steps: ReturnType<typeof stepCounter>,
  ) {}

  unit(key: string, input: unknown): Unit<unknown> {
    const order = input as FineTuneOrder
    switch (order.type) {
      case 'schedule':
        return this.schedule(key, order) as Unit<unknown>
      case 'greedy':
        return this.greedy(key, order) as Unit<unknown>
      case 'policy':
        return this.policy(key, order) as Unit<unknown>
      case 'episode':
        return this.episode(key, order) as Unit<unknown>
    }
  }

  close(): void {
    this.composition.dispose()
  }

  /** A run of a baseline; one that is not scored on the test split may become the model that is kept. */
  schedule(key: string, order: FineTuneOrder & { readonly type: 'schedule' }): Unit<TrainedOnce> {
    const { composition, steps } = this
    const { name, trial, seed, test, rank, bar } = order
    return {
      ...trained(key),
      elsewhere: { input: order, group: '' },
      run: async ({ clock }) => {
        steps.begin(key, composition.config.budgetSteps)
        const schedule = composition.container.get('schedules', name)
        const { run, weights } = await runSchedule(schedule, trial, seed, { composition, clock, test })
        const content = this.content({ weights, network: networkOf(name, composition) })
        const wanted = !test && this.mayTakeOver({ chosen: chosenFrom(name, run), rank }, bar)
        return { run, content, ...(wanted && { weights }) }
      },
    }
  }

  /** A fresh greedy run of what was learned, with the seed that it was learned on. */
  greedy(key: string, order: FineTuneOrder & { readonly type: 'greedy' }): Unit<GreedyRun> {
    const { index, bar, flops } = order
    const { seed, budgetSteps } = this.composition.config
    return {
      key,
      elsewhere: { input: order, group: '' },
      digest: ({ actions, rewards, content }) => digestOf([actions, rewards, content]),
      ended: ({ summary }) => ({ type: 'episode', episode: summary }),
      run: async ({ clock }) => {
        this.steps.begin('greedy run', budgetSteps)
        const composition = this.begun(order)
        const options = { composition, clock, index, paid: true, test: false }
        const { run, episode, weights } = await runPolicy(seed, this.agents, options)
        const { summary, actions, rewards } = episode
        const wanted = this.mayTakeOver({ chosen: chosenFrom('policy', run), rank: GREEDY_RANK }, bar)
        return {
          ...{ run, actions, rewards, content: this.content({ weights, network: 'fine-tuned' }) },
          summary: { ...summary, flops: summary.flops + flops },
          ...(wanted && { weights }),
        }
      },
    }
  }

  policy(key: string, order: FineTuneOrder & { readonly type: 'policy' }): Unit<TrainedOnce> {
    const { seed, flops } = order
    return {
      ...trained(key),
      elsewhere: { input: order, group: '' },
      run: async ({ clock }) => {
        this.steps.begin(key, this.composition.config.budgetSteps)
        const options = { composition: this.begun(order), clock, index: -1, paid: false, test: true }
        const { run, episode, weights } = await runPolicy(seed, this.agents, options)
        const content = digestOf([episode.actions, this.content({ weights, network: 'fine-tuned' })])
        return { run: { ...run, flops: run.flops + flops, rounds: episode.summary.rounds }, content }
      },
    }
  }

  private episode(key: string, order: FineTuneOrder & { readonly type: 'episode' }) {
    const composition = this.begun(order)
    this.steps.begin(`episode ${order.index + 1}`, composition.config.budgetSteps)
    return episodeUnit(key, learningIn(composition, this.agents), order)
  }

  content({ weights, network }: Pick<Kept, 'weights' | 'network'>): string {
    return weightsDigest(weights, traineeOf({ network }, this.composition).network)
  }

  /** Agents with what they had learned, where they begin. */
  private begun({ agents, beginning }: Policy): Composition {
    for (const [name, agent] of this.agents) agent.restore(agents[name])
    const of = digestOf(beginning)
    if (this.from?.of !== of) this.from = { of, composition: this.composition.derive({}, beginning) }
    return this.from.composition
  }

  private mayTakeOver(candidate: Ranked, bar: Ranked | undefined): boolean {
    return takesOver(candidate, bar, this.composition.config.keep)
  }
}

export function greedyKept({ run }: Pick<GreedyRun, 'run'>, weights: Weights): Kept {
  return { chosen: chosenFrom('policy', run), weights, network: 'fine-tuned', rank: GREEDY_RANK }
}

export function networkOf(name: string, { container }: Composition): Kept['network'] {
  return container.get('schedules', name).solved ? 'linear' : 'fine-tuned'
}

export function chosenFrom(from: string, { score, rewardLoss, flops }: ScheduleRun) {
  return { from, score, rewardLoss, flops }
}

function trained(key: string): Pick<Unit<TrainedOnce>, 'key' | 'digest' | 'ended'> {
  return {
    key,
    digest: ({ run, content }) => digestOf([run, content], ['seconds']),
    ended: ({ run }) => endOf(key, run),
  }
}

function endOf(key: string, { score, rewardLoss, rewardPrimary, flops, seconds }: ScheduleRun): RunEvent {
  return { type: 'run', key, score, rewardLoss, rewardPrimary, flops, seconds }
}

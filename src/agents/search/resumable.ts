import { z } from 'zod'
import { failure, inputError, interrupted } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { RateLimits } from '../../envs/finetune/actions.ts'

/** Training that can be left after any round and taken up again from its state. */
export interface ResumableRun<S> {
  /** A run that has not trained yet. */
  begin(): Promise<S>
  /**
   * Trains on, until the run is over at the latest; leaves the given state as it is.
   * @param rates learning rate of each group, the head last; 0 freezes it
   * @param rounds at least 1
   */
  advance(state: S, rates: readonly number[], rounds: number): Promise<Advance<S>>
}

export interface Advance<S> {
  readonly state: S
  /** Lower is better; that of a run that diverged is the highest there is, and finite. */
  readonly loss: number
  /** The run is over: it can't advance. */
  readonly done: boolean
  /** What this advance cost, more than 0. */
  readonly flops: number
}

/** Rounds that were asked for at the same rates; the last ones may be more than the run had left. */
export interface Leg {
  /** Of each group; 0 where it was frozen. */
  readonly rates: readonly number[]
  readonly rounds: number
}

/** A run as far as it has come. */
export interface Member<S> {
  readonly state: S
  /** What it goes on with. */
  readonly rates: readonly number[]
  /** Infinity before it has trained. */
  readonly loss: number
  readonly done: boolean
  /** How it was trained so far: played from the start, it leads to the same state. */
  readonly legs: readonly Leg[]
}

/** What a search found, and what that took. */
export interface SearchResult<S> {
  readonly best: Pick<Member<S>, 'state' | 'loss' | 'done' | 'legs'>
  /** Of the whole search. */
  readonly flops: number
  /** Runs that were begun. */
  readonly runs: number
}

export interface SearchOptions<C> {
  /** No advance begins when it is spent, so that at most one goes beyond it. */
  readonly budgetFlops: number
  readonly groups: number
  readonly limits: Pick<RateLimits, 'minimum' | 'maximum'>
  /** All that is random is drawn from it. */
  readonly rng: Rng
  readonly signal?: AbortSignal
  /** As the search's schema parsed it. */
  readonly config: C
}

/** A search that leaves runs and takes them up again. */
export interface PopulationSearch<C extends z.ZodType = z.ZodType> {
  readonly description: string
  readonly config: C
  /** @throws input error when the budget is not above 0; interrupted when the signal says so, between advances */
  search<S>(run: ResumableRun<S>, options: SearchOptions<z.infer<C>>): Promise<SearchResult<S>>
}

/** Runs under one budget. */
export class Runs<S> {
  flops = 0
  private begun = 0

  /** @throws input error when the budget is not positive */
  constructor(
    private readonly run: ResumableRun<S>,
    private readonly options: Pick<SearchOptions<unknown>, 'budgetFlops' | 'signal'>,
  ) {
    if (options.budgetFlops > 0) return
    throw inputError('search.budget', `a search's budget is FLOPs above 0, not ${options.budgetFlops}`)
  }

  /** FLOPs of the budget that are left; below 0 when the last advance went beyond it. */
  get left(): number {
    return this.options.budgetFlops - this.flops
  }

  async begin(rates: readonly number[]): Promise<Member<S>> {
    if (this.options.signal?.aborted) throw interrupted()
    this.begun++
    return { state: await this.run.begin(), rates, loss: Infinity, done: false, legs: [] }
  }

  async advance({ state, rates, legs }: Member<S>, rounds: number): Promise<Member<S>> {
    if (this.options.signal?.aborted) throw interrupted()
    const { flops, ...reached } = await this.run.advance(state, rates, rounds)
    // Without a cost the budget would never end.
    if (!(flops > 0)) throw failure('search.flops', `a run says that training on cost ${flops} FLOPs`)
    this.flops += flops
    return { ...reached, rates, legs: [...legs, { rates, rounds }] }
  }

  result({ state, loss, done, legs }: Member<S>): SearchResult<S> {
    return { best: { state, loss, done, legs }, flops: this.flops, runs: this.begun }
  }
}

/** The first of those with the lowest loss. */
export function lowestLoss<T extends { readonly loss: number }>(candidates: readonly T[]): T {
  return candidates.reduce((best, candidate) => (candidate.loss < best.loss ? candidate : best))
}

/** A setting of searches that draw rates. Default: that of `log-rate`, which freezes on a tenth of its interval. */
export const frozenProbability = z
  .number()
  .min(0)
  .max(1)
  .default(0.1)
  .describe('probability that a drawn rate is 0, which freezes the group; the head never is frozen')

/** One group's rate, log-uniform within the limits; 0 with the probability that it is frozen. */
export function drawRate({ minimum, maximum }: SearchOptions<unknown>['limits'], frozen: number, rng: Rng) {
  // Both are drawn always, so that one more frozen group shifts nothing else.
  const [chance, share] = [rng.next(), rng.next()]
  return chance < frozen ? 0 : minimum * (maximum / minimum) ** share
}

/** The head is new and always learns; each other group is frozen with this probability. */
export function drawRates(options: SearchOptions<{ readonly frozenProbability: number }>): readonly number[] {
  const { groups, limits, rng, config } = options
  return Array.from({ length: groups }, (_, group) =>
    drawRate(limits, group === groups - 1 ? 0 : config.frozenProbability, rng),
  )
}

import type { ResumableRun } from '../../src/agents/search/resumable.ts'

/** Which run it is, in the order in which they began, and how many rounds it has trained. */
export interface ToyState {
  readonly run: number
  readonly rounds: number
}

export interface Advanced {
  readonly run: number
  readonly rounds: number
  readonly rates: readonly number[]
  readonly flops: number
}

/** Runs whose loss after so many rounds is known; an advance past a run's end is an error. */
export function toyRun(options: {
  readonly loss: (state: ToyState) => number
  /** Rounds; default: endless. */
  readonly length?: (run: number) => number
  /** Of a round; default 1. */
  readonly flops?: (run: number) => number
}) {
  const { loss, length = () => Infinity, flops = () => 1 } = options
  const advanced: Advanced[] = []
  let begun = 0
  const run: ResumableRun<ToyState> = {
    begin: async () => ({ run: begun++, rounds: 0 }),
    advance: async ({ run, rounds }, rates, more) => {
      const left = length(run) - rounds
      if (left <= 0) throw new Error(`run ${run} is over`)
      const trained = Math.min(more, left)
      const state = { run, rounds: rounds + trained }
      const cost = trained * flops(run)
      advanced.push({ run, rounds: trained, rates, flops: cost })
      return { state, loss: loss(state), done: trained === left, flops: cost }
    },
  }
  return { run, advanced }
}

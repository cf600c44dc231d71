import { standardError } from '../../common/statistics.ts'
import type { RoundResult } from '../world.ts'
import { type Measurement, withoutClip } from './evaluation.ts'
import type { Evaluation, RewardDefinition, RewardRound } from './reward.ts'
import type { FineTuningOptions, Progress } from './world-state.ts'

type Measured = 'before' | 'after' | 'baseline'

/** A round as a reward function sees it, with the figures of every clip. */
export type MeasuredRound = Omit<RewardRound, Measured> & {
  readonly [of in keyof Pick<RewardRound, Measured>]: Measurement
}

export interface Payment {
  readonly reward: number
  /** Standard error of `reward` that comes from the choice of the reward split's clips; NaN for a single clip. */
  readonly noise: number
  /** [clips]: the reward with each clip left out in turn, in every evaluation that it is computed from. */
  readonly replicates: Float64Array
}

/** What a round pays, and the noise of that: n + 1 calls of the reward function for n clips. */
export function payment({ reward }: RewardDefinition, round: MeasuredRound): Payment {
  const { before, after, baseline, ...rest } = round
  const paid = (of: (measurement: Measurement) => Evaluation<'reward'>) =>
    reward({ ...rest, before: of(before), after: of(after), ...(baseline && { baseline: of(baseline) }) })
  const whole = paid(({ evaluation }) => evaluation)
  // Of one clip nothing can be left out.
  const clips = before.without.loss
  const replicates = Float64Array.from(clips, (_, clip) => paid(one => withoutClip(one, clip)))
  return { reward: whole, noise: standardError(replicates), replicates }
}

/**
 * Pays for the way from one point of a run to the next.
 * @param cost FLOPs in between, as a fraction of the budget
 */
export function settle(
  before: Progress,
  after: Progress,
  cost: number,
  { reward: definition, trainee }: Pick<FineTuningOptions, 'reward' | 'trainee'>,
): { readonly progress: Progress; readonly result: RoundResult } {
  const { measured, baseline, step, trainLoss, diverged, done: terminated } = after
  const { worst } = trainee.task
  const round = { before: before.measured, after: measured, baseline, cost, worst, terminated }
  const { reward, noise, replicates } = payment(definition, round)
  return {
    progress: { ...after, returns: before.returns.map((sum, clip) => sum + replicates[clip]) },
    result: {
      reward,
      noise,
      replicates,
      rewards: trainee.network.groups.map(() => reward),
      terminated,
      diverged,
      step,
      flops: trainee.flops,
      trainLoss,
      evaluation: measured.evaluation,
    },
  }
}

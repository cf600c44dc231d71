import { inputError } from '../../common/error.ts'
import type { Credit } from './credits.ts'

/**
 * Figures of one evaluation, branded by the split they were measured on. A reward function receives only
 * `Evaluation<'reward'>`: handing it the test split's figures doesn't compile.
 */
export interface Evaluation<S extends 'reward' | 'test'> {
  readonly split: S
  /** Mean over clips, in the task's unit. */
  readonly loss: number
  /** What counts on the test split, [0, 1], higher is better. */
  readonly primary: number
  /** The task's further figures by name. */
  readonly parts: Readonly<Record<string, number>>
  /** What agents are paid by and everything is chosen by, [0, 1], higher is better: the task's selection. */
  readonly score: number
}

/** What a reward function sees of one round. */
export interface RewardRound {
  /** Before the round's training steps. */
  readonly before: Evaluation<'reward'>
  /** After them. */
  readonly after: Evaluation<'reward'>
  /** FLOPs that the round cost, as a fraction of the episode's budget. */
  readonly cost: number
  /** Of losses: past it, and no better than guessing, a run has diverged. */
  readonly worst: number
  /** Whether the run ends here: its budget is spent, it diverged, or the root stopped it (a round of no steps then). */
  readonly terminated: boolean
  /** What full fine-tuning reaches from the same seed within the same budget; only for rewards that `needsBaseline`. */
  readonly baseline?: Evaluation<'reward'>
}

/** A reward as a plugin registers it. */
export interface RewardDefinition {
  readonly description: string
  /**
   * Finite; paid to every agent that acted in the round. It must depend on the round alone: it is called once more for
   * each clip of the reward split, left out, which measures the reward's noise.
   */
  readonly reward: (round: RewardRound) => number
  /** Fill in `round.baseline`: costs one run of full fine-tuning a seed. */
  readonly needsBaseline?: boolean
  /** It pays in the last round alone, so that playing one round again can't tell what an action was worth. */
  readonly terminal?: boolean
}

/** Losses are held within [1e-4, worst], so that one lucky or broken evaluation can't dominate a return. */
export function boundLoss(loss: number, worst: number): number {
  return Number.isFinite(loss) ? Math.min(Math.max(loss, 1e-4), worst) : worst
}

/** Score gained: telescopes, so an undiscounted return says how far the score rose over the episode. */
export const scoreGain: RewardDefinition = {
  description: 'score(t) - score(t-1) on the reward split (default)',
  reward: ({ before, after }) => after.score - before.score,
}

/** log L(t−1) − log L(t): telescopes, so an undiscounted return says how far the loss fell over the episode. */
export const logLoss: RewardDefinition = {
  description: 'log L(t-1) - log L(t) on the reward split',
  reward: ({ before, after, worst }) =>
    Math.log(boundLoss(before.loss, worst)) - Math.log(boundLoss(after.loss, worst)),
}

/** Gain of what counts over the headroom that was left; a lost point costs what a won point brings. */
export const accuracyHeadroom: RewardDefinition = {
  description: 'what counts (accuracy, as a rule) gained, as a share of the headroom that was left',
  reward: ({ before, after }) => {
    const headroom = 1 - Math.min(before.primary, after.primary)
    return headroom === 0 ? 0 : (after.primary - before.primary) / headroom
  },
}

/**
 * score_T − score_baseline in the last round, 0 before: how far the run ended above full fine-tuning at the reset rates,
 * from the same seed and within the same budget. Score gain without what any training would have brought.
 */
export const terminalAdvantage: RewardDefinition = {
  description: 'at the end: score minus that of full fine-tuning on the reward split; before: 0',
  needsBaseline: true,
  terminal: true,
  reward: ({ after, baseline, terminated }) => {
    if (!terminated) return 0
    if (baseline === undefined) {
      throw inputError(
        'reward.baseline',
        'a round came without the baseline that its reward compares with: say needsBaseline: true in the reward',
      )
    }
    return after.score - baseline.score
  },
}

/** @throws input error for difference credit of a reward that pays at the end alone */
export function checkCredit(credit: Credit | undefined, { description, terminal }: RewardDefinition): void {
  if (credit !== 'difference' || !terminal) return
  throw inputError(
    'credit.terminal',
    `--credit difference plays a round again without one action, and this reward (${description}) pays nothing before a run's end: use --credit team, or a reward that pays every round`,
  )
}

/** A reward minus λ times the round's cost. */
export function withCost(definition: RewardDefinition, lambda: number): RewardDefinition {
  return {
    ...definition,
    description: `${definition.description}, minus ${lambda} x cost`,
    reward: round => definition.reward(round) - lambda * round.cost,
  }
}

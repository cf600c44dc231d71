/**
 * Figures of one evaluation, branded by the split they were measured on. A reward function receives only
 * `Evaluation<'reward'>`: handing it the test split's figures doesn't compile.
 */
export interface Evaluation<S extends 'reward' | 'test'> {
  readonly split: S
  /** Mean cross-entropy, nats. */
  readonly loss: number
  /** [0, 1] */
  readonly accuracy: number
}

/** What a reward function sees of one round. */
export interface RewardRound {
  /** Before the round's training steps. */
  readonly before: Evaluation<'reward'>
  /** After them. */
  readonly after: Evaluation<'reward'>
  /** FLOPs that the round cost, as a fraction of the episode's budget. */
  readonly cost: number
  /** C: guessing costs ln C nats. */
  readonly classes: number
}

/** A reward as a plugin registers it. */
export interface RewardDefinition {
  readonly description: string
  /** Finite; paid to every agent that acted in the round. */
  readonly reward: (round: RewardRound) => number
}

/** Losses are held within [1e-4, 3 ln C], so that one lucky or broken evaluation can't dominate a return. */
export function boundLoss(loss: number, classes: number): number {
  const worst = divergenceLoss(classes)
  return Number.isFinite(loss) ? Math.min(Math.max(loss, 1e-4), worst) : worst
}

/** Past this a run has diverged: three times the loss of guessing uniformly among C classes. */
export function divergenceLoss(classes: number): number {
  return 3 * Math.log(classes)
}

/** log L(t−1) − log L(t): telescopes, so an undiscounted return says how far the loss fell over the episode. */
export const logLoss: RewardDefinition = {
  description: 'log L(t-1) - log L(t) on the reward split (default)',
  reward: ({ before, after, classes }) =>
    Math.log(boundLoss(before.loss, classes)) - Math.log(boundLoss(after.loss, classes)),
}

/** Δaccuracy over the headroom 1 − accuracy that was left; a lost point costs what a won point brings. */
export const accuracyHeadroom: RewardDefinition = {
  description: 'accuracy gained, as a share of the headroom that was left',
  reward: ({ before, after }) => {
    const headroom = 1 - Math.min(before.accuracy, after.accuracy)
    return headroom === 0 ? 0 : (after.accuracy - before.accuracy) / headroom
  },
}

/** A reward minus λ times the round's cost. */
export function withCost(definition: RewardDefinition, lambda: number): RewardDefinition {
  return {
    description: `${definition.description}, minus ${lambda} x cost`,
    reward: round => definition.reward(round) - lambda * round.cost,
  }
}

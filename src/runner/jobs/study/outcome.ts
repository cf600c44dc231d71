/** What one contender came to on one instance with one seed. */
export interface Outcome {
  readonly instance: string
  readonly seed: number
  readonly contender: string
  /** What `primary` is called; default: accuracy. */
  readonly metric?: string
  /** What counts, of the model that it ends with, on the test split. */
  readonly primary: number
  /** Nats, each clip's held within the bound of divergence. */
  readonly loss: number
  /** Each test item's part, so that the choice of items is in intervals; of outcomes since December 2026. */
  readonly items?: TestItems
  /** By which it was chosen. */
  readonly score: number
  readonly rewardLoss: number
  readonly rewardPrimary: number
  /** Of the one run that ends with the model. */
  readonly flops: number
  readonly seconds: number
  /** Of everything that was done on this instance to get there. */
  readonly total: { readonly flops: number; readonly seconds: number }
  /** FLOPs of a run of full fine-tuning within the budget: what the others are measured in. */
  readonly budgetFlops: number
  /** Of a schedule: the backbone's and the head's, or those that were given a group. */
  readonly rates?: readonly number[]
  /** SHA-256 over the weights that it ends with and, of agents, what they did and learned; of outcomes since then too. */
  readonly content?: string
  /** Of agents that learned on the instance. */
  readonly episodes?: number
  readonly updates?: Readonly<Record<string, number>>
  /** All their settings: those of a joint agent's preset are known with the network alone. */
  readonly agentConfig?: Readonly<Record<string, unknown>>
}

/** In the order of the test split. */
export interface TestItems {
  /** What each is drawn as: its recording or, where that isn't known, itself. */
  readonly units: readonly string[]
  readonly correct: readonly number[]
  /** Nats, to four decimals. */
  readonly losses: readonly number[]
}

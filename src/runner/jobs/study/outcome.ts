import { readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'

/** What one contender came to on one instance with one seed. */
export interface Outcome {
  readonly instance: string
  readonly seed: number
  readonly contender: string
  /** Of the model that it ends with, on the test split; balanced where classes differ much in size. */
  readonly accuracy: number
  /** Nats, each clip's held within the bound of divergence. */
  readonly loss: number
  /** How each test item was classified, so that the choice of items is in intervals; of outcomes since December 2026. */
  readonly items?: TestItems
  /** By which it was chosen. */
  readonly score: number
  readonly rewardLoss: number
  readonly rewardAccuracy: number
  /** Of the one run that ends with the model. */
  readonly flops: number
  readonly seconds: number
  /** Of everything that was done on this instance to get there. */
  readonly total: { readonly flops: number; readonly seconds: number }
  /** FLOPs of a run of full fine-tuning within the budget: what the others are measured in. */
  readonly budgetFlops: number
  /** Of a schedule: the backbone's and the head's, or those that were given a group. */
  readonly rates?: readonly number[]
  /** Of agents that learned on the instance. */
  readonly episodes?: number
  readonly updates?: Readonly<Record<string, number>>
}

/** In the order of the test split. */
export interface TestItems {
  /** What each is drawn as: its recording or, where that isn't known, itself. */
  readonly units: readonly string[]
  readonly correct: readonly number[]
  /** Nats, to four decimals. */
  readonly losses: readonly number[]
}

/** The name of an outcome's file. No name of an instance or a contender has an @, so no two outcomes share one. */
export function outcomeFile({
  instance,
  seed,
  contender,
}: Pick<Outcome, 'instance' | 'seed' | 'contender'>): string {
  return `${instance}@${seed}@${contender}.json`
}

/** Names of earlier versions were not one outcome's alone; what is in a file says whose it is. */
export async function renameOlder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.includes('@') || !name.endsWith('.json')) continue
    // Another process may have renamed it meanwhile.
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const target = join(folder, outcomeFile(JSON.parse(text) as Outcome))
    await rename(join(folder, name), target).catch(() => undefined)
  }
}

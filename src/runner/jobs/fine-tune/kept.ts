import { join } from 'node:path'
import { failure } from '../../../common/error.ts'
import { isBetter } from '../../../envs/finetune/training.ts'
import type { Weights } from '../../../models/initialize.ts'
import { hasNumbers, type NetworkWriter, networkWriter } from '../../../models/save.ts'
import type { Composition } from '../../instances/instance.ts'
import { modelMetadata } from '../../instances/model-metadata.ts'
import { chosenBy } from '../../play/learn.ts'
import type { RunEvent } from '../../runs/events.ts'
import type { Chosen } from './summary.ts'

/** The best model so far. The linear probe's network may be another than the one that is fine-tuned. */
export interface Kept {
  readonly chosen: Chosen
  readonly weights: Weights
  readonly network: 'fine-tuned' | 'linear'
  /** Of candidates that are as good, the lowest stays, in whatever order they end. */
  readonly rank: number
}

/** Whether a candidate takes the place of what is kept: one of `--keep`, and better on the reward split. */
export function takesOver(candidate: Ranked, kept: Ranked | undefined, keep: string | undefined): boolean {
  if (keep !== undefined && candidate.chosen.from !== keep) return false
  if (kept === undefined) return true
  const [mine, best] = [chosenBy(candidate.chosen), chosenBy(kept.chosen)]
  return isBetter(mine, best) || (candidate.rank < kept.rank && !isBetter(best, mine))
}

export type Ranked = Pick<Kept, 'chosen' | 'rank'>

export function traineeOf({ network }: Pick<Kept, 'network'>, { linear, worlds }: Composition) {
  return (network === 'linear' ? linear : worlds[0]).options.trainee
}

/** Keeps the run folder's model: as soon as one is known, and the better one from then on. */
export class ModelKeeper {
  private readonly writers = new Map<Kept['network'], Promise<NetworkWriter>>()
  private best: Kept | undefined

  constructor(
    private readonly dir: string,
    private readonly composition: Composition,
  ) {}

  get folder(): string {
    return join(this.dir, 'model')
  }

  /** The best so far. */
  get kept(): Kept {
    if (this.best === undefined)
      throw failure(
        'model.none',
        'no run gave a model to keep: all of them diverged; lower --learning-rate, or choose other --baselines',
      )
    return this.best
  }

  /** What a candidate must not be worse than. */
  get bar(): Ranked | undefined {
    return this.best && { chosen: this.best.chosen, rank: this.best.rank }
  }

  /** Takes the networks as they are built; call it while nothing trains. */
  async prepare(networks: readonly Kept['network'][]): Promise<void> {
    for (const network of networks) await this.writer(network)
  }

  /** Saves a candidate that takes over, and tells so. @returns whether it does */
  async offer(candidate: Kept, emit: (event: RunEvent) => void): Promise<boolean> {
    if (!this.recall(candidate)) return false
    await this.save()
    emit({ type: 'saved', from: candidate.chosen.from, score: candidate.chosen.score })
    return true
  }

  /** The same for one that was offered before, by an earlier process or this one. */
  recall(candidate: Kept): boolean {
    if (!takesOver(candidate, this.best, this.composition.config.keep)) return false
    if (!hasNumbers(candidate.weights)) return false
    this.best = candidate
    return true
  }

  /** Writes the best in the place of the one before; whoever reads the folder finds a whole model. */
  async save(): Promise<void> {
    const write = await this.writer(this.kept.network)
    await write(this.folder, this.kept.weights, modelMetadata(this.composition))
  }

  private writer(network: Kept['network']): Promise<NetworkWriter> {
    let writer = this.writers.get(network)
    if (writer === undefined) {
      writer = networkWriter(traineeOf({ network }, this.composition).network)
      this.writers.set(network, writer)
    }
    return writer
  }
}

import { Rng, type RngState } from '../../common/random.ts'
import type { Clip } from '../../data/dataset.ts'

export interface BatchOrderState {
  readonly order: readonly number[]
  readonly position: number
  readonly rng: RngState
}

/** Endless shuffled passes over the train split; a batch may straddle two passes, so that all have one size. */
export class BatchOrder {
  private order: number[] = []
  private position = 0

  constructor(
    private readonly clips: readonly Clip[],
    private rng: Rng,
  ) {}

  next(size: number): Clip[] {
    const batch: Clip[] = []
    while (batch.length < size) {
      if (this.position === this.order.length) {
        this.order = this.rng.shuffle(this.clips.map((_, index) => index))
        this.position = 0
      }
      batch.push(this.clips[this.order[this.position++]])
    }
    return batch
  }

  state(): BatchOrderState {
    return { order: [...this.order], position: this.position, rng: this.rng.state() }
  }

  restore(state: BatchOrderState): void {
    this.order = [...state.order]
    this.position = state.position
    this.rng = Rng.restore(state.rng)
  }
}

import { grouped } from '../../common/arrays.ts'
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
    /** All labels alike often: the clips of rare ones come more than once a pass. */
    private readonly balanced = false,
  ) {}

  next(size: number): Clip[] {
    const batch: Clip[] = []
    while (batch.length < size) {
      if (this.position === this.order.length) {
        this.order = this.rng.shuffle(this.balanced ? this.alike() : this.clips.map((_, index) => index))
        this.position = 0
      }
      batch.push(this.clips[this.order[this.position++]])
    }
    return batch
  }

  /** As many of each label, drawn from shuffled passes over its own clips; a pass's length stays what it is. */
  private alike(): number[] {
    const indices = this.clips.map((_, index) => index)
    const byLabel = grouped(indices, index => this.clips[index].label)
    const labels = this.rng.shuffle([...byLabel.values()])
    const queues = labels.map(() => [] as number[])
    return this.clips.map((_, i) => {
      const which = i % labels.length
      if (queues[which].length === 0) queues[which] = this.rng.shuffle(labels[which])
      return queues[which].pop() as number
    })
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

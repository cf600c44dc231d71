import type { Clip } from '../../data/dataset.ts'
import type { GradientHandle, Handle } from '../../models/executor.ts'
import { type Gram, linearCka } from '../../models/statistics.ts'
import type { Trainee } from '../../models/trainee.ts'
import type { GroupStatistics } from './features.ts'

type Figures = Pick<
  GroupStatistics,
  | 'weightNorm'
  | 'gradientNorm'
  | 'meanRelativeGradient'
  | 'updateNorm'
  | 'alignment'
  | 'signalToNoise'
  | 'persistence'
  | 'similarity'
>

export interface ProbeState {
  /** Of the last decision, which the next is compared with. */
  readonly gradient: GradientHandle | undefined
  readonly figures: readonly Figures[]
  readonly reference: readonly Gram[] | undefined
}

/** Clips that statistics are read on, in two halves: few, since every decision pays for a pass through all groups. */
export const PROBE_CLIPS = 4

/**
 * Reads the statistics of every layer group on the same few probe clips at each decision: gradients of two
 * half-batches, frozen groups included, and the activations' distance from the pretrained net.
 */
export class Probe {
  private readonly clips: readonly Clip[]
  private reference: readonly Gram[] | undefined
  private gradient: GradientHandle | undefined
  private measured: readonly Figures[] = []

  constructor(
    private readonly trainee: Trainee,
    probe: readonly Clip[],
  ) {
    const size = Math.min(PROBE_CLIPS, probe.length - (probe.length % 2))
    this.clips = probe.slice(0, Math.max(size, Math.min(2, probe.length)))
  }

  reset(): void {
    this.gradient = undefined
    this.measured = []
    this.reference = undefined
  }

  figures(group: number): Figures {
    return this.measured[group]
  }

  /** @param before a round ago */
  measure(before?: Handle): void {
    const { figures, grams, mean } = this.trainee.probe(this.clips, this.gradient)
    const norms = this.trainee.norms(before)
    const logs = figures.map((g, i) =>
      Math.log(Math.max(g.gradientNorm, 1e-12) / Math.max(norms[i].norm, 1e-12)),
    )
    const meanRelativeGradient = Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length)
    const similarities = this.similarities(grams)
    this.gradient = mean
    this.measured = figures.map((own, group) => ({
      ...own,
      weightNorm: norms[group].norm,
      meanRelativeGradient,
      updateNorm: norms[group].moved,
      similarity: similarities[group],
    }))
  }

  state(): ProbeState {
    return { gradient: this.gradient, figures: this.measured, reference: this.reference }
  }

  restore(state: ProbeState): void {
    this.gradient = state.gradient
    this.measured = state.figures
    this.reference = state.reference
  }

  /** Linear CKA of each group's activations, one row a clip, with those under the run's first weights. */
  private similarities(grams: readonly Gram[]): readonly number[] {
    this.reference ??= grams
    const reference = this.reference
    return grams.map((gram, group) => linearCka(gram, reference[group]))
  }
}

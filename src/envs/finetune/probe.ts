import type { Clip } from '../../data/dataset.ts'
import type { Weights } from '../../models/initialize.ts'
import type { Trainee } from '../../models/trainee.ts'
import type { GroupStatistics } from './features.ts'
import { centredGram, type GradientFigures, type Gram, gradientFigures, linearCka, norm } from './measure.ts'

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
  readonly gradients: readonly GradientFigures[]
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
  private gradients: readonly GradientFigures[] = []
  private measured: readonly Figures[] = []

  constructor(
    private readonly trainee: Trainee,
    probe: readonly Clip[],
  ) {
    const size = Math.min(PROBE_CLIPS, probe.length - (probe.length % 2))
    this.clips = probe.slice(0, Math.max(size, Math.min(2, probe.length)))
  }

  reset(): void {
    this.gradients = []
    this.measured = []
    this.reference = undefined
  }

  figures(group: number): Figures {
    return this.measured[group]
  }

  measure(before?: Weights): void {
    const { network } = this.trainee
    const half = Math.ceil(this.clips.length / 2)
    const first = this.trainee.probe(this.clips.slice(0, half))
    const second = this.clips.length > 1 ? this.trainee.probe(this.clips.slice(half)) : first
    const namesOf = network.groups.map((_, group) =>
      network.variables.filter(v => v.learned && v.group === group).map(v => v.name),
    )
    const gradients = namesOf.map((names, group) =>
      gradientFigures(names, [first, second], this.gradients[group]?.mean),
    )
    const valuesOf = (names: readonly string[], weights?: Weights) =>
      names.map(name => (weights === undefined ? this.trainee.value(name) : weights[name]))
    const weightNorms = namesOf.map(names => norm(valuesOf(names)))
    const logs = gradients.map((g, i) =>
      Math.log(Math.max(g.gradientNorm, 1e-12) / Math.max(weightNorms[i], 1e-12)),
    )
    const meanRelativeGradient = Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length)
    const similarities = this.similarities()
    this.gradients = gradients
    this.measured = gradients.map((figures, group) => ({
      weightNorm: weightNorms[group],
      gradientNorm: figures.gradientNorm,
      meanRelativeGradient,
      updateNorm: before === undefined ? 0 : norm(valuesOf(namesOf[group]), valuesOf(namesOf[group], before)),
      alignment: figures.alignment,
      signalToNoise: figures.signalToNoise,
      persistence: figures.persistence,
      similarity: similarities[group],
    }))
  }

  state(): ProbeState {
    return { gradients: this.gradients, figures: this.measured, reference: this.reference }
  }

  restore(state: ProbeState): void {
    this.gradients = state.gradients
    this.measured = state.figures
    this.reference = state.reference
  }

  /** Linear CKA of each group's activations, one row a clip, with those under the run's first weights. */
  private similarities(): readonly number[] {
    const grams = this.trainee.activations(this.clips).map(data => centredGram(data, this.clips.length))
    this.reference ??= grams
    const reference = this.reference
    return grams.map((gram, group) => linearCka(gram, reference[group]))
  }
}

import type { GraphNode, Layer } from '../graph.ts'
import { CELL_ACTIVATIONS, type CellActivation } from '../kernels.ts'

const KINDS = ['GRU', 'LSTM'] as const
type Kind = (typeof KINDS)[number]

/** A GRU or LSTM from zeros, forwards through time, with activations whose gradient their output decides. */
export interface PlainRecurrence {
  readonly kind: Kind
  readonly activation: CellActivation
  readonly recurrentActivation: CellActivation
  /** Whether it gives every step's state instead of the last one's. */
  readonly sequences: boolean
}

interface Settings {
  readonly returnSequences: boolean
  readonly returnState: boolean
  readonly goBackwards: boolean
  readonly stateful: boolean
  readonly activation: string
  readonly recurrentActivation: string
}

export function isPlainRecurrence({ layer, inputs }: GraphNode): boolean {
  return layer !== undefined && inputs.length === 1 && plainRecurrence(layer) !== undefined
}

/** Undefined for any other layer. */
export function plainRecurrence(layer: Layer): PlainRecurrence | undefined {
  const kind = KINDS.find(name => name === layer.getClassName())
  if (kind === undefined) return undefined
  const settings = layer.getConfig() as unknown as Settings
  const { returnSequences, returnState, goBackwards, stateful } = settings
  const activation = known(settings.activation)
  const recurrentActivation = known(settings.recurrentActivation)
  if (activation === undefined || recurrentActivation === undefined) return undefined
  if (returnState || goBackwards || stateful) return undefined
  return { kind, activation, recurrentActivation, sequences: returnSequences }
}

function known(name: string): CellActivation | undefined {
  return CELL_ACTIVATIONS.find(activation => activation === name)
}

/**
 * How standardised features become a task's outputs: one linear layer on the features of all frames (`linear`) or on their mean
 * (`mean`), a layer of 48 ReLUs on every frame before it (`two-layer`), a recurrent layer over frames (`gru`, `lstm`,
 * `bidirectional`: a GRU each way), dilated convolutions over them (`dilated`), or, on their maps instead, a convolutional
 * recurrent layer (`conv-lstm`).
 * Apart from the heads themselves, so that the command line knows them without TensorFlow.
 */
export const headKinds = [
  'linear',
  'mean',
  'two-layer',
  'gru',
  'lstm',
  'bidirectional',
  'dilated',
  'conv-lstm',
] as const
/** A head that ships, by its name. */
export type HeadKind = (typeof headKinds)[number]

/** Those that give one answer a clip, and those that give one a frame. */
export const CLIP_HEADS = headKinds.filter(kind => kind !== 'dilated')
export const FRAME_HEADS = headKinds.filter(kind => kind !== 'mean')

/** Names of a head's layers begin with it. */
export const HEAD_PREFIX = 'head_'

/**
 * The layer that standardises what a head reads, (x − mean) / deviation by the train split's statistics; never trained.
 * A head on maps has one a map, with `_` and its stride behind the name.
 */
export const STANDARDISATION = `${HEAD_PREFIX}standardise`

export function isStandardisation(layer: string): boolean {
  return layer === STANDARDISATION || layer.startsWith(`${STANDARDISATION}_`)
}

/**
 * How standardised features become a task's outputs: one linear layer on the features of all frames (`linear`) or on their mean
 * (`mean`), a layer of 48 ReLUs on every frame before it (`two-layer`), or a GRU over frames (`gru`).
 * Apart from the heads themselves, so that the command line knows them without TensorFlow.
 */
export const headKinds = ['linear', 'mean', 'two-layer', 'gru'] as const
export type HeadKind = (typeof headKinds)[number]

/** The layer that standardises what a head reads, (x − mean) / deviation by the train split's statistics; never trained. */
export const STANDARDISATION = 'head_standardise'

/** What an update reports, as means over its minibatches. */
export const figureNames = [
  'policyLoss',
  'valueLoss',
  'entropy',
  'approximateKl',
  'clipFraction',
  'gradientNorm',
] as const
export type Figures = Record<(typeof figureNames)[number], number>

export function noFigures(): Figures {
  return { policyLoss: 0, valueLoss: 0, entropy: 0, approximateKl: 0, clipFraction: 0, gradientNorm: 0 }
}

/** In place: mean 0, standard deviation 1 (that of a sample, as torch.std); a single one stays as it is. */
export function standardize(values: Float64Array): void {
  if (values.length < 2) return
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1)
  for (let i = 0; i < values.length; i++) values[i] = (values[i] - mean) / (Math.sqrt(variance) + 1e-8)
}

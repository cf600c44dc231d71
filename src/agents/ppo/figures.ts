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
  const { length } = values
  if (length < 2) return
  let sum = 0
  for (let i = 0; i < length; i++) sum += values[i]
  const mean = sum / length
  let squares = 0
  for (let i = 0; i < length; i++) squares += (values[i] - mean) ** 2
  const deviation = Math.sqrt(squares / (length - 1)) + 1e-8
  for (let i = 0; i < length; i++) values[i] = (values[i] - mean) / deviation
}

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

/** 1 − Var(G − V)/Var(G): 1 is a perfect value function, 0 one that knows nothing; 0 where returns are all equal. */
export function explainedVariance(returns: Float64Array, residuals: Float64Array): number {
  const total = variance(returns)
  return total > 1e-12 ? 1 - variance(residuals) / total : 0
}

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length
}

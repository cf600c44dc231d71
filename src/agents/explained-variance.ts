/** 1 − Var(G − V)/Var(G): 1 is a perfect value function, 0 one that knows nothing; 0 where returns are all equal. */
export function explainedVariance(returns: Float64Array, residuals: Float64Array): number {
  const total = variance(returns)
  return total > 1e-12 ? 1 - variance(residuals) / total : 0
}

function variance(values: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  const mean = sum / values.length
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2
  return squares / values.length
}

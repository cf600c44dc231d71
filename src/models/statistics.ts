/** Figures of one group's gradients on two halves of the probe batch. */
export interface GradientFigures {
  readonly gradientNorm: number
  readonly alignment: number
  readonly signalToNoise: number
  /** cos with the previous decision's mean; 1 without one. */
  readonly persistence: number
}

/** Gradients by variable name. */
interface Gradients {
  readonly gradients: ReadonlyMap<string, Float32Array>
}

/** Norm, half-batch agreement and drift of the gradients of the named variables; and their mean, by variable. */
export function gradientFigures(
  names: readonly string[],
  halves: readonly [Gradients, Gradients],
  previous: ReadonlyMap<string, Float32Array> | undefined,
): { readonly figures: GradientFigures; readonly mean: ReadonlyMap<string, Float32Array> } {
  const mean = new Map<string, Float32Array>()
  let dot = 0
  let first = 0
  let second = 0
  let meanSquare = 0
  let differenceSquare = 0
  let previousDot = 0
  let previousSquare = 0
  for (const name of names) {
    const a = halves[0].gradients.get(name)
    const b = halves[1].gradients.get(name)
    if (a === undefined || b === undefined) continue
    const before = previous?.get(name)
    const average = new Float32Array(a.length)
    for (let i = 0; i < a.length; i++) {
      const m = (a[i] + b[i]) / 2
      const d = (a[i] - b[i]) / 2
      average[i] = m
      dot += a[i] * b[i]
      first += a[i] * a[i]
      second += b[i] * b[i]
      meanSquare += m * m
      differenceSquare += d * d
      if (before !== undefined) {
        previousDot += m * before[i]
        previousSquare += before[i] * before[i]
      }
    }
    mean.set(name, average)
  }
  const figures = {
    gradientNorm: Math.sqrt(meanSquare),
    alignment: cosine(dot, first, second),
    signalToNoise: meanSquare / Math.max(differenceSquare, 1e-30),
    persistence: previous === undefined ? 1 : cosine(previousDot, meanSquare, previousSquare),
  }
  return { figures, mean }
}

/** cos of two vectors by their products; 0 where one of them is 0. */
export function cosine(dot: number, squareA: number, squareB: number): number {
  const norms = Math.sqrt(squareA * squareB)
  return norms === 0 ? 0 : dot / norms
}

/** Euclidean norm over several arrays, of their differences where a second set is given. */
export function norm(arrays: readonly Float32Array[], minus?: readonly Float32Array[]): number {
  let sum = 0
  arrays.forEach((array, k) => {
    const other = minus?.[k]
    if (other === array) return
    for (let i = 0; i < array.length; i++) {
      const d = other === undefined ? array[i] : array[i] - other[i]
      sum += d * d
    }
  })
  return Math.sqrt(sum)
}

/** Rows of activations, centred, as the Gram matrix that CKA compares. */
export interface Gram {
  readonly rows: number
  readonly values: Float64Array
}

/** K = XXᵀ for activations X [rows, features], double-centred. */
export function centredGram(data: Float32Array, rows: number): Gram {
  const features = data.length / rows
  const gram = new Float64Array(rows * rows)
  for (let i = 0; i < rows; i++) {
    for (let j = i; j < rows; j++) {
      let dot = 0
      for (let k = 0; k < features; k++) dot += data[i * features + k] * data[j * features + k]
      gram[i * rows + j] = dot
      gram[j * rows + i] = dot
    }
  }
  const means = Array.from({ length: rows }, (_, i) => {
    let sum = 0
    for (let j = 0; j < rows; j++) sum += gram[i * rows + j]
    return sum / rows
  })
  const total = means.reduce((a, b) => a + b, 0) / rows
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < rows; j++) gram[i * rows + j] += total - means[i] - means[j]
  return { rows, values: gram }
}

/** Linear CKA of two activations by their centred Gram matrices: ⟨K, L⟩/(‖K‖‖L‖) (Kornblith et al. 2019, eq. 5). */
export function linearCka(a: Gram, b: Gram): number {
  let dot = 0
  let squareA = 0
  let squareB = 0
  for (let i = 0; i < a.values.length; i++) {
    dot += a.values[i] * b.values[i]
    squareA += a.values[i] ** 2
    squareB += b.values[i] ** 2
  }
  // Activations that are the same for every row have no direction to compare.
  return squareA === 0 || squareB === 0 ? 1 : dot / Math.sqrt(squareA * squareB)
}

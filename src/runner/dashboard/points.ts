/** A point of a curve; where it stands for several, `y` is their mean, `low` and `high` the least and the most of them. */
export interface Point {
  readonly x: number
  readonly y: number
  readonly low?: number
  readonly high?: number
  /** Standard error of `y`; of several, the mean of theirs. */
  readonly noise?: number
  /** How many it stands for, where that is more than one. */
  readonly of?: number
}

/** As few points as `most`, each of equally many that follow one another; what isn't finite is left out. */
export function thinned(points: readonly Point[], most: number): readonly Point[] {
  const finite = points.filter(({ y }) => Number.isFinite(y))
  const each = Math.ceil(finite.length / most)
  if (each <= 1) return finite
  const buckets = Math.ceil(finite.length / each)
  return Array.from({ length: buckets }, (_, i) => joined(finite.slice(i * each, (i + 1) * each)))
}

function joined(points: readonly Point[]): Point {
  if (points.length === 1) return points[0]
  const count = (point: Point) => point.of ?? 1
  const total = points.reduce((sum, point) => sum + count(point), 0)
  const mean = (of: (point: Point) => number) =>
    points.reduce((sum, point) => sum + count(point) * of(point), 0) / total
  const noise = mean(point => point.noise ?? Number.NaN)
  return {
    x: drawn(mean(({ x }) => x)),
    y: drawn(mean(({ y }) => y)),
    low: drawn(Math.min(...points.map(({ y, low }) => low ?? y))),
    high: drawn(Math.max(...points.map(({ y, high }) => high ?? y))),
    of: total,
    ...(Number.isFinite(noise) && { noise: drawn(noise) }),
  }
}

/** More digits nobody sees, and each is sent. */
function drawn(value: number): number {
  return Number(value.toPrecision(6))
}

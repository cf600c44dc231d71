import type { Rng } from '../../common/random.ts'
import type { Propose, Trial } from './agent.ts'

/** Uniform: the search that every other must beat (Bergstra & Bengio 2012). */
export const uniform: Propose = (_trials, dimensions, rng) =>
  Array.from({ length: dimensions }, () => rng.next())

/**
 * A full factorial grid: each of its points once, in a random order, then all again.
 * Its outermost points are the ends of each interval, since an end may be a choice of its own: the action set
 * `log-rate` freezes at its low end, which no centre of fewer than six cells would reach.
 * Points are drawn until one is new, so that a grid of 3^64 is never written down.
 * @param points of each dimension, at least 2
 */
export function grid(points: number): Propose {
  const name = (levels: readonly number[]) => levels.join()
  return (trials, dimensions, rng) => {
    const sincePass = trials.length % points ** dimensions
    const tried = new Set(
      trials
        .slice(trials.length - sincePass)
        .map(({ point }) => name(point.map(share => Math.round(share * (points - 1))))),
    )
    for (;;) {
      const levels = Array.from({ length: dimensions }, () => rng.int(points))
      if (!tried.has(name(levels))) return levels.map(level => level / (points - 1))
    }
  }
}

export interface TpeSettings {
  /** Uniform trials before the first estimate. */
  readonly startupTrials: number
  /** Share of the trials that count as good. */
  readonly gamma: number
  /** Candidates that are drawn for one proposal. */
  readonly candidates: number
}

/**
 * Tree-structured Parzen estimator (Bergstra et al. 2011), one dimension at a time: of candidates drawn from the
 * density of the good trials, the one where good is likeliest against bad.
 */
export function tpe({ startupTrials, gamma, candidates }: TpeSettings): Propose {
  return (trials, dimensions, rng) => {
    if (trials.length < startupTrials) return uniform(trials, dimensions, rng)
    const ranked = [...trials].sort((a, b) => b.return - a.return)
    const good = Math.max(1, Math.ceil(gamma * ranked.length))
    return Array.from({ length: dimensions }, (_, d) => {
      const along = (some: readonly Trial[]) => new Parzen(some.map(({ point }) => point[d]))
      const [better, worse] = [along(ranked.slice(0, good)), along(ranked.slice(good))]
      let [best, bestScore] = [0.5, -Infinity]
      for (let i = 0; i < candidates; i++) {
        const x = better.sample(rng)
        const score = Math.log(better.density(x)) - Math.log(worse.density(x))
        if (score > bestScore) [best, bestScore] = [x, score]
      }
      return best
    })
  }
}

/**
 * A mixture of normals on [0, 1], one at each point and a wide one over all, each as wide as the farther of its
 * neighbours is away (Bergstra et al. 2011, section 4), and no narrower than 1/(n + 1).
 */
class Parzen {
  private readonly components: readonly { readonly mean: number; readonly std: number }[]

  constructor(points: readonly number[]) {
    const sorted = [...points].sort((a, b) => a - b)
    const least = 1 / (sorted.length + 1)
    this.components = [
      { mean: 0.5, std: 1 },
      ...sorted.map((mean, i) => {
        const left = mean - (sorted[i - 1] ?? 0)
        const right = (sorted[i + 1] ?? 1) - mean
        return { mean, std: Math.min(1, Math.max(left, right, least)) }
      }),
    ]
  }

  sample(rng: Rng): number {
    const { mean, std } = this.components[rng.int(this.components.length)]
    // Again until it lies inside: at least a third of a component does.
    for (;;) {
      const x = mean + std * rng.normal()
      if (x >= 0 && x <= 1) return x
    }
  }

  /** Up to a constant, and without the share of each normal that lies outside. */
  density(x: number): number {
    return this.components.reduce(
      (sum, { mean, std }) => sum + Math.exp(-0.5 * ((x - mean) / std) ** 2) / std,
      0,
    )
  }
}

import type { Rng } from '../../src/common/random.ts'
import type { SeedItems } from '../../src/runner/inference/on-instance.ts'

/** How much two equal contenders differ on an instance, in log-odds; symmetric around zero unless it says otherwise. */
export type Tail = 'none' | 'normal' | 'heavy' | 'odd' | 'skewed'
/** How runs differ by their seed alone. */
export type Runs = 'small' | 'large' | 'collapses'

export interface World {
  readonly instances: number
  readonly seeds: number
  readonly items: number
  readonly tail: Tail
  readonly runs: Runs
  /** Test items are drawn anew for each seed from a pool of three times as many, where the data name no test clips. */
  readonly redrawn?: boolean
}

/** Log-odds: at even odds 0.04 is one point of accuracy. */
const RUNS = { small: 0.04, large: 0.22, collapses: 0.04 } as const
/** One run in so many falls to a tenth of its odds. */
const COLLAPSE = 1 / 15
const ITEM_DIFFICULTY = 1.5
/** How much contenders differ on an item, whatever the seed. */
const ITEM_TASTE = 0.5

/** Two equal contenders: right or wrong on every item, the first minus the second. [instances] of [seeds] of items. */
export function nullDifferences(world: World, rng: Rng): readonly (readonly SeedItems[])[] {
  return instanceEffects(world, rng).map(effect => instanceDifferences(world, effect, rng))
}

/** The first contender's advantage on each instance. */
export function instanceEffects({ instances, tail }: World, rng: Rng): readonly number[] {
  return Array.from({ length: instances }, (_, i) => {
    switch (tail) {
      case 'none':
        return 0
      case 'normal':
        return 0.25 * rng.normal()
      case 'heavy':
        // Student's t with two degrees of freedom: its variance is infinite.
        return (0.2 * rng.normal()) / Math.sqrt(-Math.log(1 - rng.next()))
      case 'odd':
        return (i < 2 ? 2 : 0.05) * rng.normal()
      case 'skewed':
        return 0.3 * (-Math.log(1 - rng.next()) - 1)
      default:
        return tail satisfies never
    }
  })
}

function instanceDifferences(world: World, effect: number, rng: Rng): readonly SeedItems[] {
  const { seeds, items, runs, redrawn } = world
  const pool = Array.from({ length: redrawn ? 3 * items : items }, (_, i) => ({
    unit: String(i),
    difficulty: ITEM_DIFFICULTY * rng.normal(),
    taste: [ITEM_TASTE * rng.normal(), ITEM_TASTE * rng.normal()],
  }))
  return Array.from({ length: seeds }, () => {
    const drawn = redrawn ? rng.shuffle(pool).slice(0, items) : pool
    const [first, second] = [runEffect(runs, rng) + effect / 2, runEffect(runs, rng) - effect / 2]
    return {
      units: drawn.map(({ unit }) => unit),
      values: drawn.map(
        ({ difficulty, taste }) =>
          right(difficulty + taste[0] + first, rng) - right(difficulty + taste[1] + second, rng),
      ),
    }
  })
}

function runEffect(runs: Runs, rng: Rng): number {
  const effect = RUNS[runs] * rng.normal()
  return runs === 'collapses' && rng.next() < COLLAPSE ? effect - Math.log(10) : effect
}

function right(logOdds: number, rng: Rng): 0 | 1 {
  return rng.next() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0
}

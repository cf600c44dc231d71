import type { Rng } from '../../src/common/random.ts'
import type { ClipOutcome } from '../../src/runner/jobs/fine-tune/compare.ts'

/**
 * How much two equal contenders differ on an instance: not at all, normally, by Student's t with two degrees of
 * freedom, on two instances alone, or on one side of the mean more seldom and more.
 */
export type Tail = 'none' | 'normal' | 'heavy' | 'odd' | 'skewed'
/** How runs differ by their seed alone: by a point, by five, or by one and now and then by all. */
export type Runs = 'small' | 'large' | 'collapses'

export interface World {
  readonly instances: number
  readonly seeds: number
  /** Test items of an instance. */
  readonly items: number
  readonly tail: Tail
  readonly runs: Runs
  /** Test items are drawn anew for each seed from three times as many, where the data name no test clips. */
  readonly redrawn?: boolean
}

/** What an equal contender comes to. */
/** A single instance: what varies is seeds and items. */
export const one = (seeds: number, items: number, runs: Runs): World => ({
  instances: 1,
  seeds,
  items,
  tail: 'none',
  runs,
})

export interface Run {
  readonly units: readonly string[]
  readonly clips: readonly ClipOutcome[]
}

/** In log-odds: at even odds 0.04 is one point of accuracy. */
const RUNS = { small: 0.04, large: 0.22, collapses: 0.04 } as const
/** One run in so many falls to a tenth of its odds. */
const COLLAPSE = 1 / 15
const ITEM_DIFFICULTY = 1.5
/** How much a contender differs from others on an item, whatever the seed. */
const ITEM_TASTE = 0.5

/** Equal contenders: differences among them are of instances, seeds and items. [contenders][instances][seeds] */
export function nullRuns(
  world: World,
  contenders: number,
  rng: Rng,
): readonly (readonly (readonly Run[])[])[] {
  const { instances, seeds, items, runs, redrawn } = world
  const effects = Array.from({ length: contenders }, (_, contender) =>
    // Two that lie to the same side would differ to none.
    instanceEffects(world, rng).map(effect =>
      world.tail === 'skewed' && contender % 2 === 1 ? -effect : effect,
    ),
  )
  const pools = Array.from({ length: instances }, () =>
    Array.from({ length: redrawn ? 3 * items : items }, () => ITEM_DIFFICULTY * rng.normal()),
  )
  const drawn = pools.map(pool =>
    Array.from({ length: seeds }, () => {
      const all = pool.map((_, i) => i)
      return redrawn ? rng.shuffle(all).slice(0, items) : all
    }),
  )
  return effects.map(own =>
    pools.map((pool, instance) => {
      const ease = pool.map(difficulty => own[instance] + difficulty + ITEM_TASTE * rng.normal())
      return drawn[instance].map(some => {
        const effect = runEffect(runs, rng)
        return {
          units: some.map(String),
          clips: some.map(item => outcome(ease[item] + effect, rng)),
        }
      })
    }),
  )
}

/** In log-odds; a difference of two is symmetric around zero but where it is skewed. */
function instanceEffects({ instances, tail }: World, rng: Rng): readonly number[] {
  return Array.from({ length: instances }, (_, i) => {
    switch (tail) {
      case 'none':
        return 0
      case 'normal':
        return 0.18 * rng.normal()
      case 'heavy':
        return (0.14 * rng.normal()) / Math.sqrt(-Math.log(1 - rng.next()))
      case 'odd':
        return (i < 2 ? 1.4 : 0.03) * rng.normal()
      case 'skewed':
        return 0.3 * (-Math.log(1 - rng.next()) - 1)
      default:
        return tail satisfies never
    }
  })
}

function runEffect(runs: Runs, rng: Rng): number {
  const effect = RUNS[runs] * rng.normal()
  return runs === 'collapses' && rng.next() < COLLAPSE ? effect - Math.log(10) : effect
}

function outcome(logOdds: number, rng: Rng): ClipOutcome {
  const chance = 1 / (1 + Math.exp(-logOdds))
  const correct = rng.next() < chance ? 1 : 0
  // What a run gives the true class goes with how likely it is to be right, and is blurred as that is.
  return { correct, loss: -Math.log(chance) * (0.5 + rng.next()) }
}

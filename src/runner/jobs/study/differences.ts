import { Rng } from '../../../common/random.ts'
import { mean } from '../../../common/statistics.ts'
import { acrossInstances } from '../../inference/across-instances.ts'
import { holm, LEVEL } from '../../inference/holm.ts'
import { type Inference, intervalOf, pAbove } from '../../inference/inference.ts'
import { onInstance } from '../../inference/on-instance.ts'
import type { Interval } from '../../inference/statistics.ts'
import type { Outcome, TestItems } from './outcome.ts'
import type { Evidence, PairedDifference } from './summary.ts'

/** [instances][seeds] */
export type OutcomeGrid = readonly (readonly Outcome[])[]

export type Pair = Pick<PairedDifference, 'of' | 'from'>

/** What an outcome comes to, as a whole and by test item. */
export interface Measure {
  readonly whole: (outcome: Outcome) => number
  readonly items: (items: TestItems) => readonly number[]
}

export const PRIMARY: Measure = { whole: ({ primary }) => primary, items: ({ correct }) => correct }
export const LOSS: Measure = { whole: ({ loss }) => loss, items: ({ losses }) => losses }

/** @param minus what is taken away, outcome by outcome: of the same instances, seeds and test items */
export function infer(
  unit: Evidence['unit'],
  figure: Measure,
  outcomes: OutcomeGrid,
  flips: () => Rng,
  minus?: OutcomeGrid,
): Inference {
  const wholes = outcomes.map((row, i) =>
    row.map((outcome, j) => figure.whole(outcome) - (minus === undefined ? 0 : figure.whole(minus[i][j]))),
  )
  if (unit === 'instances') return acrossInstances(wholes.map(mean), flips)
  const [row] = outcomes
  const kept = row.map(({ items }) => items).filter(items => items !== undefined)
  if (unit === 'seeds' || kept.length < row.length) return acrossInstances(wholes[0], flips)
  return onInstance(
    kept.map((items, seed) => {
      const others = minus?.[0][seed].items
      const values = figure.items(items)
      const taken = others === undefined ? [] : figure.items(others)
      return { units: items.units, values: values.map((value, i) => value - (taken[i] ?? 0)) }
    }),
  )
}

/**
 * Every ordered pair, and what is claimed of those that belong to the family: Holm's correction over the unordered
 * pairs among them for "better" and "worse", and over the ordered ones for "not worse".
 * @param belongs whether the claims of a pair, in this order, are made
 */
export function pairedDifferences(
  grids: ReadonlyMap<string, OutcomeGrid>,
  options: {
    readonly evidence: Evidence
    /** Of what counts, a share. */
    readonly margin: number
    readonly seed: number
    readonly belongs: (pair: Pair) => boolean
  },
): readonly PairedDifference[] {
  const { evidence, margin, belongs } = options
  const measured = measureAll(grids, evidence.unit, options.seed)
  const family = measured.filter(belongs)
  const adjusted = adjust(new Map(family.map(pair => [keyOf(pair), pair.p])))
  const notWorse = adjust(new Map(family.map(pair => [orderedKey(pair), pAbove(pair.inference, -margin)])))
  return measured.map(({ inference, ...pair }) => {
    const p = adjusted.get(keyOf(pair))
    const bound = notWorse.get(orderedKey(pair))
    const claimed = evidence.tooLittle === undefined && p !== undefined && p <= LEVEL
    return {
      ...pair,
      ...(p !== undefined && {
        adjusted: p,
        detectable: inference.detectable(LEVEL / evidence.comparisons),
      }),
      ...(bound !== undefined && { notWorse: evidence.tooLittle === undefined && bound <= LEVEL }),
      verdict: !claimed ? 'undecided' : pair.primary > 0 ? 'better' : 'worse',
    }
  })
}

/** Comparisons that such a family makes: of unordered pairs. */
export function familySize(ids: readonly string[], belongs: (pair: Pair) => boolean): number {
  return new Set(orderedPairs(ids).filter(belongs).map(keyOf)).size
}

/** Each pair once, and its mirror. */
function measureAll(grids: ReadonlyMap<string, OutcomeGrid>, unit: Evidence['unit'], seed: number) {
  const ids = [...grids.keys()]
  return ids.flatMap((of, i) =>
    ids.slice(i + 1).flatMap(from => {
      const pair = measure(grids, { of, from }, unit, seed)
      return [pair, mirrored(pair)]
    }),
  )
}

function measure(
  grids: ReadonlyMap<string, OutcomeGrid>,
  { of, from }: Pair,
  unit: Evidence['unit'],
  seed: number,
) {
  const [a, b] = [of, from].map(id => grids.get(id) ?? [])
  const flips = () => Rng.of(seed, 'flips', of, from)
  const primary = infer(unit, PRIMARY, a, flips, b)
  const loss = infer(unit, LOSS, a, flips, b)
  const signs = a.flatMap((row, i) => row.map((outcome, j) => Math.sign(outcome.primary - b[i][j].primary)))
  return {
    of,
    from,
    inference: primary,
    primary: primary.mean,
    primaryInterval: intervalOf(primary),
    loss: loss.mean,
    lossInterval: intervalOf(loss),
    probabilityOfImprovement: mean(signs.map(sign => (1 + sign) / 2)),
    p: primary.p(0),
  }
}

function mirrored(pair: ReturnType<typeof measure>): ReturnType<typeof measure> {
  const flip = ([low, high]: Interval): Interval => [-high, -low]
  const { inference } = pair
  return {
    of: pair.from,
    from: pair.of,
    inference: { ...inference, mean: -inference.mean, p: value => inference.p(-value) },
    primary: -pair.primary,
    primaryInterval: flip(pair.primaryInterval),
    loss: -pair.loss,
    lossInterval: flip(pair.lossInterval),
    probabilityOfImprovement: 1 - pair.probabilityOfImprovement,
    p: pair.p,
  }
}

function orderedPairs(ids: readonly string[]): readonly Pair[] {
  return ids.flatMap(of => ids.filter(id => id !== of).map(from => ({ of, from })))
}

/** Of a pair in whatever order. */
function keyOf({ of, from }: Pair): string {
  return JSON.stringify([of, from].sort())
}

function orderedKey({ of, from }: Pair): string {
  return JSON.stringify([of, from])
}

function adjust(ps: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const adjusted = holm([...ps.values()])
  return new Map([...ps.keys()].map((key, i) => [key, adjusted[i]]))
}

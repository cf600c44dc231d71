import { table } from '../support/measure.ts'
import { mean, one, two } from './ranking.ts'
import { atTheBest, atTheEnd, ceiling, ofChanges, type Pair, type Verdict } from './verdicts.ts'

/** Test scores that one half of test repeats on the other can be ranked; from about here on they do. */
const RANKABLE = 0.7

export function quantitiesTable(choosing: readonly Pair[], confirming: readonly Pair[]): string {
  const cells = (pairs: readonly Pair[], name: string) => {
    const correlations = (of: readonly Pair[]) => of.map(pair => atTheEnd(pair, name).correlation)
    const found = pairs.map(pair => atTheEnd(pair, name))
    const rankable = correlations(pairs.filter(({ runs }) => ceiling(runs) >= RANKABLE))
    return [
      two(mean(correlations(pairs))),
      two(mean(rankable)),
      two(Math.min(...rankable)),
      one(mean(found.map(({ regret }) => regret))),
      one(Math.max(...found.map(({ regret }) => regret))),
    ]
  }
  const head = ['correlation', 'where rankable', 'least there', 'regret', 'most']
  return table(
    ['quantity', ...head.map(h => `choosing: ${h}`), ...head.map(h => `confirming: ${h}`)],
    names(choosing).map(name => [name, ...cells(choosing, name), ...cells(confirming, name)]),
  )
}

/** How many points more than the default each loses; data sets are what varies, 95 % by Student's t over them. */
export function againstDefaultTable(pairs: readonly Pair[]): string {
  return table(
    ['quantity', 'all: regret', 'more than the default', 'interval', 'data sets better, worse', 'of changes'],
    names(pairs).map(name => {
      const differences = byData(pairs, pair => atTheEnd(pair, name).regret - atTheEnd(pair, DEFAULT).regret)
      const count = (sign: number) => differences.filter(d => sign * d > 0).length
      return [
        name,
        one(mean(pairs.map(pair => atTheEnd(pair, name).regret))),
        ...withInterval(differences),
        `${count(-1)}, ${count(1)}`,
        two(mean(pairs.map(pair => ofChanges(pair, name)))),
      ]
    }),
  )
}

/** Of the default: test scores of the setting chosen, and how much more than by the last round. */
export function momentsTable(pairs: readonly Pair[]): string {
  const moments: readonly (readonly [string, (pair: Pair) => Verdict])[] = [
    ['last round', pair => atTheEnd(pair, DEFAULT)],
    ['last two rounds’ mean', pair => atTheEnd(pair, DEFAULT, 2)],
    ['best round', pair => atTheBest(pair, DEFAULT)],
    ['best mean of two rounds', pair => atTheBest(pair, DEFAULT, 2)],
    ['best mean of three', pair => atTheBest(pair, DEFAULT, 3)],
  ]
  return table(
    ['a run stands for its', 'test score', 'more than last', 'interval', 'correlation'],
    moments.map(([name, of]) => [
      name,
      one(mean(pairs.map(pair => of(pair).chosen))),
      ...withInterval(byData(pairs, pair => of(pair).chosen - atTheEnd(pair, DEFAULT).chosen)),
      two(mean(pairs.map(pair => of(pair).correlation))),
    ]),
  )
}

/** A data set's mean over its networks. */
function byData(pairs: readonly Pair[], of: (pair: Pair) => number): number[] {
  const data = [...new Set(pairs.map(({ row }) => row.data))]
  return data.map(own => mean(pairs.filter(({ row }) => row.data === own).map(of)))
}

function withInterval(values: readonly number[]): [string, string] {
  const middle = mean(values)
  const deviation = Math.sqrt(mean(values.map(value => (value - middle) ** 2)))
  const half = (T[values.length] * deviation) / Math.sqrt(values.length - 1)
  return [one(middle), `${one(middle - half)} to ${one(middle + half)}`]
}

const DEFAULT = 'half accuracy, half probability'
/** Student's t, 97.5 %, by the number of data sets. */
const T: Readonly<Record<number, number>> = {
  2: 12.71,
  3: 4.303,
  4: 3.182,
  5: 2.776,
  6: 2.571,
  7: 2.447,
  8: 2.365,
  9: 2.306,
  10: 2.262,
}

/** Which moment of a run counts, and whether several rounds' mean says it better; all pairs. */
export function bestRoundTable(pairs: readonly Pair[]): string {
  const regret = (of: (pair: Pair) => Verdict) => one(mean(pairs.map(pair => of(pair).regret)))
  const score = (of: (pair: Pair) => Verdict) => one(mean(pairs.map(pair => of(pair).chosen)))
  const spans = [1, 2, 3] as const
  const head = ['one round', 'mean of 2', 'of 3']
  return table(
    ['quantity', ...head.map(h => `last: ${h}`), ...head.map(h => `best: ${h}`), 'regret: last', 'best'],
    BY_MOMENT.map(name => [
      name,
      ...spans.map(over => score(pair => atTheEnd(pair, name, over))),
      ...spans.map(over => score(pair => atTheBest(pair, name, over))),
      regret(pair => atTheEnd(pair, name)),
      regret(pair => atTheBest(pair, name)),
    ]),
  )
}

const BY_MOMENT = [
  'loss',
  'loss, temperature cross-fitted',
  'loss up to ln C',
  'probability of the true class',
  'accuracy',
  'accuracy, ties by probability',
  'half accuracy, half probability',
  'accuracy and a quarter of probability',
]

const MAIN = ['loss', 'probability of the true class', 'accuracy', 'half accuracy, half probability']

export function byPairTable(pairs: readonly Pair[]): string {
  return table(
    ['data', 'network', ...MAIN.flatMap(name => [name, 'regret'])],
    pairs.map(pair => [
      pair.row.data,
      pair.row.network,
      ...MAIN.flatMap(name => {
        const { correlation, regret } = atTheEnd(pair, name)
        return [two(correlation), one(regret)]
      }),
    ]),
  )
}

const names = (pairs: readonly Pair[]) => Object.keys(pairs[0].runs[0].rounds[0].quantities)

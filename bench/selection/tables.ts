import { gunzipSync } from 'node:zlib'
import { Rng } from '../../src/common/random.ts'
import { table } from '../support/measure.ts'
import { expectedAtBest, mean, rankCorrelation } from './ranking.ts'
import type { HeadRow, PairRow, Row, RunRow, ShareRow } from './rows.ts'

/** The tables of docs/results/selection.md by name, as Markdown. */
export function selectionTables(rows: readonly Row[]): Readonly<Record<string, string>> {
  const pairs = pairsOf(rows)
  const { choosing, confirming } = halves(pairs)
  return {
    pairs: pairsTable(pairs),
    quantities: quantitiesTable(choosing, confirming),
    'best round': bestRoundTable(choosing, confirming),
    'by pair': byPairTable(pairs),
    'reward split': sizesTable(pairs),
    'cross-validation': headsTable(pairs),
    shares: sharesTable(rows),
  }
}

export function parseRows(gz: Uint8Array): Row[] {
  return gunzipSync(gz)
    .toString('utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
}

interface Pair {
  readonly row: PairRow
  /** Those that stayed finite. */
  readonly runs: readonly RunRow[]
  readonly diverged: number
  readonly heads: readonly HeadRow[]
}

function pairsOf(rows: readonly Row[]): Pair[] {
  return rows.flatMap(row => {
    if (row.kind !== 'pair') return []
    const own = rows.filter(other => other.data === row.data && other.network === row.network)
    const runs = own.filter(other => other.kind === 'run')
    return {
      row,
      runs: runs.filter(({ diverged }) => !diverged),
      diverged: runs.filter(({ diverged }) => diverged).length,
      heads: own.filter(other => other.kind === 'head'),
    }
  })
}

/** Every other data set, in the order of the file: fixed before anything was measured. */
function halves(pairs: readonly Pair[]) {
  const data = [...new Set(pairs.map(({ row }) => row.data))]
  const half = (rest: number) => pairs.filter(({ row }) => data.indexOf(row.data) % 2 === rest)
  return { choosing: half(0), confirming: half(1) }
}

interface Verdict {
  readonly correlation: number
  /** To the best of all on the same test clips, points: what even the truth would lose by chance is in it. */
  readonly regret: number
  /** To what one half of the test would have chosen, on the other half, points. */
  readonly fairRegret: number
}

function verdict(values: readonly number[], moments: readonly RunRow['rounds'][number][]): Verdict {
  const tests = moments.map(({ test }) => test)
  const half = (k: 0 | 1) => moments.map(({ halves: both }) => both[k])
  const chosen = (scores: readonly number[]) => expectedAtBest(values, scores)
  const fair = ([0, 1] as const).map(
    k => expectedAtBest(half(k), half(k === 0 ? 1 : 0)) - chosen(half(k === 0 ? 1 : 0)),
  )
  const correlation = rankCorrelation(values, tests)
  return {
    // A quantity that can't tell settings apart says nothing.
    correlation: Number.isNaN(correlation) ? 0 : correlation,
    regret: 100 * (Math.max(...tests) - chosen(tests)),
    fairRegret: 100 * mean(fair),
  }
}

const last = (run: RunRow) => run.rounds[run.rounds.length - 1]

/** `over` rounds' mean up to each round. */
function smoothed(run: RunRow, name: string, over: number): number[] {
  const values = run.rounds.map(({ quantities }) => quantities[name])
  return values.map((_, i) => mean(values.slice(Math.max(0, i + 1 - over), i + 1)))
}

function atTheEnd({ runs }: Pair, name: string, over = 1): Verdict {
  return verdict(
    runs.map(run => smoothed(run, name, over)[run.rounds.length - 1]),
    runs.map(last),
  )
}

/** Every run stands for its best round, as the quantity sees it. */
function atTheBest({ runs }: Pair, name: string, over = 1): Verdict {
  const best = runs.map(run => {
    const values = smoothed(run, name, over)
    // The later of equals: values are compared with what came before.
    const at = values.lastIndexOf(Math.max(...values))
    return { value: values[at], moment: run.rounds[at] }
  })
  return verdict(
    best.map(({ value }) => value),
    best.map(({ moment }) => moment),
  )
}

/** Of what a round changed: what agents are paid by, and what it did to test. */
function ofChanges({ runs }: Pair, name: string): number {
  const changes = (of: (run: RunRow) => readonly number[]) =>
    runs.flatMap(run => {
      const values = of(run)
      return values.slice(1).map((value, i) => value - values[i])
    })
  const found = rankCorrelation(
    changes(run => run.rounds.map(({ quantities }) => quantities[name])),
    changes(run => run.rounds.map(({ test }) => test)),
  )
  return Number.isNaN(found) ? 0 : found
}

const names = (pairs: readonly Pair[]) => Object.keys(pairs[0].runs[0].rounds[0].quantities)
const two = (x: number) => x.toFixed(2)
const one = (x: number) => x.toFixed(1)

function quantitiesTable(choosing: readonly Pair[], confirming: readonly Pair[]): string {
  const cells = (pairs: readonly Pair[], name: string) => {
    const found = pairs.map(pair => atTheEnd(pair, name))
    return [
      two(mean(found.map(({ correlation }) => correlation))),
      two(Math.min(...found.map(({ correlation }) => correlation))),
      one(mean(found.map(({ regret }) => regret))),
      one(mean(found.map(({ fairRegret }) => fairRegret))),
      two(mean(pairs.map(pair => ofChanges(pair, name)))),
    ]
  }
  const head = ['correlation', 'least', 'regret', 'fair regret', 'of changes']
  return table(
    ['quantity', ...head.map(h => `choosing: ${h}`), ...head.map(h => `confirming: ${h}`)],
    names(choosing).map(name => [name, ...cells(choosing, name), ...cells(confirming, name)]),
  )
}

function bestRoundTable(choosing: readonly Pair[], confirming: readonly Pair[]): string {
  const cells = (pairs: readonly Pair[], name: string) => [
    ...[1, 2, 3].flatMap(over => one(mean(pairs.map(pair => atTheEnd(pair, name, over).fairRegret)))),
    ...[1, 2, 3].flatMap(over => one(mean(pairs.map(pair => atTheBest(pair, name, over).fairRegret)))),
    ...[1, 2].flatMap(over => two(mean(pairs.map(pair => atTheBest(pair, name, over).correlation)))),
  ]
  void confirming
  return table(
    ['quantity', 'last', 'last, mean of 2', 'of 3', 'best', 'best, of 2', 'of 3', 'corr best', 'of 2'],
    names(choosing).map(name => [name, ...cells([...choosing, ...confirming], name)]),
  )
}

const MAIN = ['loss', 'probability of the true class', 'accuracy', 'half accuracy, half probability']

function pairsTable(pairs: readonly Pair[]): string {
  return table(
    [
      'data',
      'network',
      'unbalanced',
      'clips (recordings): train',
      'reward',
      'test',
      'runs',
      'diverged',
      'test score: least',
      'median',
      'most',
      'ceiling',
    ],
    pairs.map(({ row, runs, diverged }) => {
      const tests = runs.map(run => 100 * last(run).test).sort((a, b) => a - b)
      return [
        row.data,
        row.network,
        row.balanced ? 'yes' : '',
        `${row.clips.train} (${row.recordings.train})`,
        `${row.clips.reward} (${row.recordings.reward})`,
        `${row.clips.test} (${row.recordings.test})`,
        runs.length + diverged,
        diverged,
        one(tests[0]),
        one(tests[tests.length >> 1]),
        one(tests[tests.length - 1]),
        two(ceiling(runs)),
      ]
    }),
  )
}

/** The rank correlation that the truth itself would have with this test's scores: from its halves (Spearman, Brown). */
function ceiling(runs: readonly RunRow[]): number {
  const both = ([0, 1] as const).map(k => runs.map(run => last(run).halves[k]))
  const r = rankCorrelation(both[0], both[1])
  return Math.sqrt(Math.max(0, (2 * r) / (1 + r)))
}

function byPairTable(pairs: readonly Pair[]): string {
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

const SIZES = [16, 32, 64] as const
const DRAWS = 20

/** A reward split of so many clips, drawn from the present one and half of test's recordings; the other half judges. */
function sizesTable(pairs: readonly Pair[]): string {
  const large = pairs.filter(({ row }) => row.clips.reward + row.clips.test / 2 >= 80)
  const rows = SIZES.map(size => {
    const found = large.flatMap(pair => Array.from({ length: DRAWS }, (_, draw) => drawn(pair, size, draw)))
    const cells = (['correct', 'probability', 'half', 'quarter'] as const).flatMap(name => [
      two(mean(found.map(f => f[name].correlation))),
      one(mean(found.map(f => f[name].regret))),
    ])
    return [size, ...cells]
  })
  return table(
    [
      `clips (${large.length} pairs)`,
      'accuracy',
      'regret',
      'probability',
      'regret',
      'half and half',
      'regret',
      'accuracy and a quarter',
      'regret',
    ],
    rows,
  )
}

function drawn({ row, runs }: Pair, size: number, draw: number) {
  const { reward, test } = row.labels
  const labels = [...reward, ...test]
  const judging = (i: number) => i >= reward.length && row.halfOfTest[i - reward.length] === draw % 2
  const all = labels.map((_, i) => i)
  const judges = all.filter(judging)
  const pool = Rng.of(draw, 'reward split', row.data).shuffle(all.filter(i => !judging(i)))
  const codes = runs.map(({ answers }) =>
    Buffer.concat([Buffer.from(answers.reward, 'base64'), Buffer.from(answers.test, 'base64')]),
  )
  const correct = (code: number) => code >> 7
  const probability = (code: number) => (code & 127) / 127
  const over = (clips: readonly number[], of: (code: number) => number) =>
    codes.map(code => {
      const values = clips.map(i => of(code[i]))
      return row.balanced
        ? balancedMean(
            values,
            clips.map(i => labels[i]),
          )
        : mean(values)
    })
  const tests = over(judges, correct)
  const judged = (of: (code: number) => number) => {
    const values = over(pool.slice(0, size), of)
    const correlation = rankCorrelation(values, tests)
    return {
      correlation: Number.isNaN(correlation) ? 0 : correlation,
      regret: 100 * (Math.max(...tests) - expectedAtBest(values, tests)),
    }
  }
  return {
    correct: judged(correct),
    probability: judged(probability),
    half: judged(code => correct(code) + probability(code)),
    quarter: judged(code => correct(code) + probability(code) / 4),
  }
}

function balancedMean(values: readonly number[], labels: readonly number[]): number {
  const classes = [...new Set(labels)]
  return mean(classes.map(label => mean(values.filter((_, i) => labels[i] === label))))
}

/** Linear heads by the reward split and by cross-validation over recordings. */
function headsTable(pairs: readonly Pair[]): string {
  const measured = (of: (head: HeadRow) => number, frozen: boolean) => {
    const found = pairs.flatMap(({ heads }) => {
      const own = heads.filter(({ backbone }) => (backbone === 'frozen') === frozen)
      if (own.length < 5) return []
      const tests = own.map(({ test }) => test)
      const r = rankCorrelation(own.map(of), tests)
      return {
        correlation: Number.isNaN(r) ? 0 : r,
        regret: 100 * (Math.max(...tests) - expectedAtBest(own.map(of), tests)),
      }
    })
    return [
      two(mean(found.map(({ correlation }) => correlation))),
      two(Math.min(...found.map(({ correlation }) => correlation))),
      one(mean(found.map(({ regret }) => regret))),
      found.length,
    ]
  }
  const of: readonly (readonly [string, (head: HeadRow) => number])[] = [
    ['reward split, half and half', ({ reward }) => reward[0]],
    ['reward split, accuracy', ({ reward }) => reward[1]],
    ['cross-validated, half and half', head => head.crossValidated[0]],
    ['cross-validated, accuracy', head => head.crossValidated[1]],
  ]
  return table(
    [
      'by',
      'probes: correlation',
      'least',
      'regret',
      'pairs',
      'trained backbones: correlation',
      'least',
      'regret',
      'pairs',
    ],
    of.map(([name, value]) => [name, ...measured(value, true), ...measured(value, false)]),
  )
}

function sharesTable(rows: readonly Row[]): string {
  const own = rows.filter(row => row.kind === 'share')
  const shares = [...new Set(own.map(({ share }) => share))].sort((a, b) => a - b)
  const of = (share: number, value: (row: ShareRow) => number) =>
    one(100 * mean(own.filter(row => row.share === share).map(value)))
  return table(
    ['share', 'chosen, %', 'lost to the best, points', 'fitted to all then, %'],
    shares.map(share => [
      share === 0 ? 'cross-validation' : share,
      of(share, ({ chosen }) => chosen),
      of(share, ({ most, chosen }) => most - chosen),
      of(share, ({ refitted }) => refitted),
    ]),
  )
}

import { Rng } from '../../src/common/random.ts'
import { table } from '../support/measure.ts'
import { expectedAtBest, mean, one, rankCorrelation, two } from './ranking.ts'
import type { HeadRow, Row, ShareRow } from './rows.ts'
import type { Pair } from './verdicts.ts'

const SIZES = [16, 32, 64] as const
const DRAWS = 20

/** A reward split of so many clips, drawn from the present one and half of test's recordings; the other half judges. */
export function sizesTable(pairs: readonly Pair[]): string {
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
export function headsTable(pairs: readonly Pair[]): string {
  const measured = (of: (head: HeadRow) => number, frozen: boolean) => {
    const found = pairs.flatMap(({ heads }) => {
      const own = heads.filter(({ backbone }) => (backbone === 'frozen') === frozen)
      if (own.length < 4) return []
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

export function sharesTable(rows: readonly Row[]): string {
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

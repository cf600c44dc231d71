/**
 * Whether intervals and claims hold what they promise, where nothing is to be found: equal contenders in the worlds
 * that occur, simulated. `npm run bench -- coverage` has a quick look; what docs/results/intervals.md holds is
 *   npx tsx bench/coverage.ts --simulations 2000 --out docs/results/raw/coverage.jsonl
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Rng } from '../src/common/random.ts'
import { coverageOf, fineTuneClaims, tableClaims } from './support/coverage.ts'
import type { Tail, World } from './support/null-worlds.ts'
import { intervals } from './tables/pages/intervals.ts'

const { values } = parseArgs({
  options: { simulations: { type: 'string', default: '100' }, out: { type: 'string' } },
})
const simulations = Number(values.simulations)
/** What costs much more than the rest is simulated less often. */
const share = (part: number) => Math.max(20, Math.round(simulations * part))

const RUNS = ['small', 'large', 'collapses'] as const
const one = (seeds: number, items: number, runs: World['runs'], redrawn?: boolean): World => ({
  instances: 1,
  seeds,
  items,
  tail: 'none',
  runs,
  ...(redrawn && { redrawn }),
})
const several = (instances: number, tail: Tail, seeds = 5, items = 300): World => ({
  instances,
  seeds,
  items,
  tail,
  runs: 'small',
})

const records: object[] = []
const keep = (record: object) => {
  records.push(record)
  process.stderr.write(`${JSON.stringify(record)}\n`)
}
const rngOf = (...path: readonly (string | number)[]) => Rng.of(1, 'coverage', ...path)

for (const [seeds, items] of [3, 5, 20].flatMap(seeds =>
  [30, 300, 1000].map(items => [seeds, items] as const),
)) {
  for (const runs of RUNS) {
    const part = seeds * items > 10_000 ? 0.25 : 1
    keep(coverageOf(one(seeds, items, runs), share(part), rngOf('one', seeds, items, runs)))
  }
}
for (const seeds of [3, 5])
  keep(coverageOf(one(seeds, 80, 'small', true), simulations, rngOf('redrawn', seeds)))
for (const instances of [2, 5, 6, 12, 30]) {
  for (const tail of ['normal', 'heavy', 'odd', 'skewed'] as const) {
    const part = instances > 12 ? 0.5 : 1
    keep(coverageOf(several(instances, tail), share(part), rngOf('several', instances, tail)))
  }
}
for (const [seeds, items] of [
  [3, 30],
  [20, 100],
  [3, 1000],
] as const)
  keep(coverageOf(several(12, 'heavy', seeds, items), share(0.5), rngOf('several', seeds, items)))

for (const pairs of ['reference', 'all'] as const) {
  for (const tail of ['normal', 'heavy', 'odd', 'skewed'] as const)
    keep(tableClaims(several(12, tail, 5, 100), pairs, share(0.4), rngOf('table', pairs, tail)))
  keep(tableClaims(several(30, 'normal', 3, 100), pairs, share(0.1), rngOf('table', pairs, 30)))
  keep(tableClaims(one(5, 300, 'large'), pairs, share(0.2), rngOf('table', pairs, 1)))
}

for (const seeds of [3, 5]) {
  for (const runs of RUNS) {
    for (const items of [30, 80, 300])
      keep(fineTuneClaims(one(seeds, items, runs), 1, share(0.6), rngOf('fine-tune', seeds, items, runs, 1)))
    keep(fineTuneClaims(one(seeds, 80, runs), 5, share(0.3), rngOf('fine-tune', seeds, 80, runs, 5)))
  }
}

if (values.out !== undefined)
  writeFileSync(values.out, `${records.map(record => JSON.stringify(record)).join('\n')}\n`)
for (const [name, draw] of Object.entries(intervals.tables))
  process.stdout.write(`\n${name}\n\n${draw(<T>() => records as T[])}\n`)

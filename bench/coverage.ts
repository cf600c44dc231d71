/**
 * Whether intervals and claims hold what they promise, where nothing is to be found: equal contenders in the worlds
 * that occur, simulated. `npm run bench -- coverage` has a quick look; what docs/results/intervals.md holds is
 *   npx tsx bench/coverage.ts --simulations 2000 --out docs/results/raw/coverage.jsonl
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Rng } from '../src/common/random.ts'
import { coverageOf, fineTuneClaims, tableClaims } from './support/coverage.ts'
import { one, type Tail, type World } from './support/null-worlds.ts'
import { intervals } from './tables/pages/intervals.ts'

const { values } = parseArgs({
  options: {
    simulations: { type: 'string', default: '40' },
    /** Worlds whose name matches this pattern alone. */
    only: { type: 'string', default: '' },
    out: { type: 'string' },
  },
})
const simulations = Number(values.simulations)
/** What costs much more than the rest is simulated less often. */
const share = (part: number) => Math.max(10, Math.round(simulations * part))

const RUNS = ['small', 'large', 'collapses'] as const
const TAILS = ['normal', 'heavy', 'odd', 'skewed'] as const
const several = (instances: number, tail: Tail, seeds = 5, items = 300): World => ({
  instances,
  seeds,
  items,
  tail,
  runs: 'small',
})

type Work = (rng: Rng) => object
const interval =
  (world: World, part = 1): Work =>
  rng =>
    coverageOf(world, share(part), rng)

/** Each has random numbers of its own, by its name. */
const WORLDS: readonly (readonly [name: string, work: Work])[] = [
  ...[3, 5, 20].flatMap(seeds =>
    [30, 300, 1000].flatMap(items =>
      RUNS.map(
        runs =>
          [
            `one ${seeds} ${items} ${runs}`,
            interval(one(seeds, items, runs), seeds * items > 10_000 ? 0.25 : 1),
          ] as const,
      ),
    ),
  ),
  ...[3, 5].map(
    seeds => [`redrawn ${seeds}`, interval({ ...one(seeds, 80, 'small'), redrawn: true })] as const,
  ),
  ...[2, 5, 6, 12, 30].flatMap(instances =>
    TAILS.map(
      tail =>
        [
          `several ${instances} ${tail}`,
          interval(several(instances, tail), instances > 12 ? 0.5 : 1),
        ] as const,
    ),
  ),
  ...(
    [
      [3, 30],
      [20, 100],
      [3, 1000],
    ] as const
  ).map(
    ([seeds, items]) =>
      [`several ${seeds} ${items}`, interval(several(12, 'heavy', seeds, items), 0.5)] as const,
  ),
  ...[3, 5].flatMap(seeds =>
    RUNS.flatMap(runs => [
      ...[30, 80, 300].map(
        items =>
          [
            `fine-tune ${seeds} ${items} ${runs}`,
            (rng: Rng) => fineTuneClaims(one(seeds, items, runs), 1, share(0.4), rng),
          ] as const,
      ),
      [
        `fine-tune ${seeds} 80 ${runs}, five`,
        (rng: Rng) => fineTuneClaims(one(seeds, 80, runs), 5, share(0.1), rng),
      ] as const,
    ]),
  ),
  ...(['reference', 'all'] as const).flatMap(pairs => [
    ...TAILS.map(
      tail =>
        [
          `table ${pairs} ${tail}`,
          (rng: Rng) => tableClaims(several(12, tail, 5, 100), pairs, share(0.2), rng),
        ] as const,
    ),
    [
      `table ${pairs} 30`,
      (rng: Rng) => tableClaims(several(30, 'normal', 3, 100), pairs, share(0.1), rng),
    ] as const,
    [`table ${pairs} one`, (rng: Rng) => tableClaims(one(5, 300, 'large'), pairs, share(0.1), rng)] as const,
  ]),
]

const records = WORLDS.filter(([name]) => new RegExp(values.only).test(name)).map(([name, work]) => {
  const record = work(Rng.of(1, 'coverage', ...pathOf(name)))
  process.stderr.write(`${JSON.stringify(record)}\n`)
  return record
})
if (values.out !== undefined)
  writeFileSync(values.out, `${records.map(record => JSON.stringify(record)).join('\n')}\n`)
for (const [name, draw] of Object.entries(intervals.tables))
  process.stdout.write(`\n${name}\n\n${draw(<T>() => records as T[])}\n`)

function pathOf(name: string): readonly (string | number)[] {
  return name.split(' ').map(part => (/^\d+$/.test(part) ? Number(part) : part))
}

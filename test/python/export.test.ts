import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { summarizeMatrix } from '../../src/runner/jobs/benchmark/matrix/summarize.ts'
import { parquetTables } from '../../src/runner/jobs/benchmark/parquet.ts'
import { tidyTable } from '../../src/runner/jobs/benchmark/table.ts'
import { configOf, FACTS, outcomes } from '../support/benchmark.ts'
import { ROOT } from '../support/e2e.ts'

const PYTHON = process.env.LAYERGYM_PYTHON ?? 'python3'
const isThere = spawnSync(PYTHON, ['-c', 'import pyarrow, rliable.library']).status === 0
if (!isThere)
  process.stderr.write(`no rliable with pyarrow in ${PYTHON} (LAYERGYM_PYTHON): its test is skipped\n`)
const folder = mkdtempSync(join(tmpdir(), 'layergym-export-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Read {
  readonly aggregates: Readonly<
    Record<string, { readonly points: readonly number[]; readonly intervals: readonly (readonly number[])[] }>
  >
  readonly means: Readonly<Record<string, number>>
  readonly steps: readonly number[]
  readonly evaluations: readonly number[]
  readonly rows: Readonly<Record<string, number>>
  readonly types: Readonly<Record<string, string>>
}

const NAMES = ['interquartileMean', 'mean', 'median', 'optimalityGap'] as const

test.skipIf(!isThere)(
  'rliable reads the Parquet files to the report’s intervals',
  { timeout: 120_000 },
  () => {
    const runs = outcomes(undefined, 6)
    const config = configOf({ seeds: 6 })
    for (const [name, content] of Object.entries(parquetTables(config, runs)))
      writeFileSync(join(folder, name), content)
    writeFileSync(join(folder, 'results.csv'), tidyTable(runs))
    const { stdout, stderr } = spawnSync(PYTHON, [join(ROOT, 'test/python/read_export.py'), folder], {
      encoding: 'utf8',
    })
    expect(stdout, stderr).not.toBe('')
    const read: Read = JSON.parse(stdout)
    const { aggregates } = summarizeMatrix({ config, runs, failed: [] }, FACTS)
    expect(aggregates).toHaveLength(3)
    for (const ours of aggregates) {
      const theirs = read.aggregates[ours.agent]
      NAMES.forEach((name, i) => {
        expect(theirs.points[i]).toBeCloseTo(ours[name].value, 12)
        const [low, high] = ours[name].interval ?? [Number.NaN, Number.NaN]
        const [near, far] = theirs.intervals[i]
        // Other draws, 2,000 each.
        expect(Math.abs(low - near)).toBeLessThanOrEqual(0.15 * (far - near) + 1e-9)
        expect(Math.abs(high - far)).toBeLessThanOrEqual(0.15 * (far - near) + 1e-9)
      })
    }
    const own = runs.filter(({ env, variant }) => env === 'CartPole-v1' && variant === 'ppo')
    const returns = own.flatMap(({ curve }) => curve.flatMap(point => point.returns))
    expect(read.means['CartPole-v1 ppo']).toBeCloseTo(returns.reduce((a, b) => a + b) / returns.length, 9)
    expect(read.steps).toEqual([40, 150])
    expect(read.evaluations).toEqual([200, 0, runs[0].meanReturn])
    expect(read.rows).toEqual({ training: 72, evaluation: 36 })
    expect(read.types).toMatchObject({ step: 'int64', length: 'int64', return: 'float64', seed: 'int64' })
  },
)

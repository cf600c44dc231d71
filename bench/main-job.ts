/**
 * The main job's outcomes as JSON lines, for docs/results/raw/main-job.jsonl:
 *
 *   npx tsx bench/main-job.ts outcomes RUN...      what finished runs came to
 *   npx tsx bench/main-job.ts converged RUN        its baselines at their chosen rates, for one and three budgets, on
 *                                                  seeds that the run hasn't seen
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BASELINES, type BaselineName } from '../src/agents/schedules/baselines.ts'
import type { Schedule, Trial } from '../src/agents/schedules/schedule.ts'
import { parseConfig } from '../src/common/settings.ts'
import { compose } from '../src/runner/instances/compose.ts'
import { fineTuneSchema } from '../src/runner/instances/config.ts'
import { runSchedule } from '../src/runner/instances/schedule-runs.ts'
import type { FineTuneSummary } from '../src/runner/jobs/fine-tune/summary.ts'

const FIRST_SEED = 101
const SEEDS = 5
const BUDGETS = [1, 3]

const [mode, ...runs] = process.argv.slice(2)
if (mode === 'outcomes') for (const run of runs) line(outcome(summaryOf(run)))
else if (mode === 'converged' && runs.length === 1) await converged(summaryOf(runs[0]))
else throw new Error('give outcomes RUN..., or converged RUN')

function summaryOf(run: string): FineTuneSummary {
  return JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as FineTuneSummary
}

function outcome(summary: FineTuneSummary) {
  const { hash, engine, versions, config, chosen, test, behaviour, start, verdict, comparison, spent } =
    summary
  const schedule = (of: FineTuneSummary['policy']) => ({
    primary: of.primary,
    perSeed: of.perSeed.map(({ primary }) => primary),
    flops: of.flops,
    total: of.total,
    rate: of.learningRate,
    gain: of.longer?.gain,
    caveats: of.caveats.map(({ kind }) => kind),
  })
  return {
    kind: 'outcome',
    seed: config.seed,
    ...{ hash, engine, versions, spent, chosen, behaviour, start },
    test: { primary: test.primary, clips: test.clips },
    verdict: verdict.headline,
    policy: schedule(summary.policy),
    baselines: Object.fromEntries(
      Object.entries(summary.baselines).map(([name, of]) => [name, schedule(of)]),
    ),
    comparison,
  }
}

async function converged({ config, baselines }: FineTuneSummary): Promise<void> {
  const { features: _, ...settings } = config
  const composition = await compose(
    parseConfig(fineTuneSchema, settings),
    {},
    {
      ...{ signal: new AbortController().signal, clock: () => performance.now() },
      onEvent: () => undefined,
    },
  )
  for (const [name, { tried = [], learningRate }] of Object.entries(baselines)) {
    const schedule: Schedule = BASELINES[name as BaselineName]
    const chosen = tried.find(trial => trial.learningRate === learningRate)
    if (schedule.solved || chosen === undefined) continue
    const own = schedule.trial(composition.worlds[0].options.limits)
    for (const length of BUDGETS) {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        const trial: Trial = {
          ...{ rate: own.rate === 0 ? 0 : chosen.learningRate, headRate: chosen.headRate, length },
        }
        const options = { composition, clock: () => performance.now(), test: true }
        const { run } = await runSchedule(schedule, trial, seed, options)
        if (run.test === undefined) throw new Error('a run without its test scores')
        const { primary, loss } = run.test.score
        line({
          kind: 'converged',
          schedule: name,
          ...trial,
          seed,
          primary,
          loss,
          score: run.score,
          step: run.step,
        })
      }
    }
  }
}

function line(row: unknown): void {
  process.stdout.write(`${JSON.stringify(row)}\n`)
}

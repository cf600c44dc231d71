import { grouped } from '../../../../common/arrays.ts'
import { registeredEnvs } from '../../../../envs/registry.ts'
import { digestOf } from '../../../runs/digest.ts'
import { packageVersion } from '../../../runs/origin.ts'
import { type BenchmarkConfig, benchmarkSchema } from '../config.ts'
import { summarizeMatrix } from '../matrix/summarize.ts'
import type { MatrixSummary } from '../matrix/summary.ts'
import type { Outcome } from '../outcome.ts'
import { refuseUnused } from '../references.ts'
import { summarizeBenchmark } from '../summarize.ts'
import type { BenchmarkSummary } from '../summary.ts'
import { identified } from './identity.ts'
import { type Measured, measured, measureOf, measureWords } from './measure.ts'
import { notesOf } from './notes.ts'
import type { Tool } from './run.ts'
import type { Source } from './sources.ts'

/** Where what is compared comes from. */
export interface Joined {
  /** What every run is compared by, in words. */
  readonly measured: string
  readonly contenders: readonly {
    readonly agent: string
    readonly tool: Tool
    readonly env: string
    readonly seeds: readonly number[]
    /** Environment steps, of the run that has the fewest and of the one that has the most. */
    readonly steps: readonly [number, number]
  }[]
  /** What can't be known, or only about. */
  readonly notes: readonly string[]
}

/** Runs of several tools, compared as a benchmark's. */
export type JoinedSummary = (BenchmarkSummary | MatrixSummary) & { readonly joined: Joined }

export interface JoinOptions extends Pick<BenchmarkConfig, 'scores' | 'references'> {
  /** Of runs that don't say theirs. */
  readonly env?: string
  /** Environment steps up to which runs are compared; by default what every run has. */
  readonly steps?: number
}

/** Runs that can be compared, as a benchmark's, and what isn't a benchmark's of them. */
export interface Comparable {
  readonly config: BenchmarkConfig
  readonly outcomes: readonly Outcome[]
  readonly seeds: readonly number[]
  readonly joined: Joined
}

/** @throws input error where runs can't be told apart, or there is nothing that all can be compared by */
export function comparable(sources: readonly Source[], options: JoinOptions): Comparable {
  const runs = identified(sources, options.env)
  const budget = options.steps ?? Math.min(...runs.map(({ steps }) => steps))
  const measure = measureOf(runs, budget)
  const cut = runs.map(run => measured(run, measure, budget))
  const envs = unique(cut.map(({ env }) => env))
  refuseUnused({ ...options, env: envs.length === 1 ? envs[0] : envs })
  return {
    config: benchmarkSchema.parse({
      env: envs.length === 1 ? envs[0] : envs,
      agents: unique(cut.map(({ name }) => name)),
      steps: Math.max(1, Math.round(budget)),
      ...(envs.length > 1 && { scores: options.scores, references: options.references }),
    }),
    outcomes: cut.map(run => outcomeOf(run, budget, thresholdOf(run.env, cut))),
    seeds: unique(cut.map(({ seed }) => seed)).sort((a, b) => a - b),
    joined: {
      measured: measureWords(measure),
      contenders: contendersOf(runs),
      notes: notesOf(cut, budget, runs),
    },
  }
}

/** @param out folder of the report */
export function summarized({ config, outcomes, seeds, joined }: Comparable, out: string): JoinedSummary {
  const facts = {
    runDir: out,
    hash: digestOf(outcomes.map(({ runDir: _, ...outcome }) => outcome)),
    origin: { versions: { layergym: packageVersion }, engine: '', fingerprints: {} },
  }
  const all = { config, runs: outcomes, failed: [] }
  const summary =
    typeof config.env === 'string' ? summarizeBenchmark(all, facts) : summarizeMatrix(all, facts)
  return { ...summary, seeds, measured: joined.measured, joined }
}

function contendersOf(runs: readonly Omit<Measured, 'meanReturn'>[]): Joined['contenders'] {
  const groups = grouped(runs, ({ name, tool, env }) => JSON.stringify([name, tool, env]))
  return [...groups.values()].map(own => ({
    ...{ agent: own[0].name, tool: own[0].tool, env: own[0].env },
    seeds: own.map(({ seed }) => seed).sort((a, b) => a - b),
    steps: [Math.min(...own.map(({ steps }) => steps)), Math.max(...own.map(({ steps }) => steps))],
  }))
}

/** Points of a curve, as `train` tells them. */
const POINTS = 200

/** What counts as solved: as a run there says, else as the environment of that id does. */
function thresholdOf(env: string, runs: readonly Measured[]): number | undefined {
  const told = runs.find(run => run.env === env && run.rewardThreshold !== undefined)
  return told?.rewardThreshold ?? registeredEnvs().find(([id]) => id === env)?.[1].rewardThreshold
}

function outcomeOf(run: Measured, budget: number, threshold: number | undefined): Outcome {
  const { name, env, seed, meanReturn, episodes, evaluations, stepsPerSecond, hash = '', source } = run
  const points = Array.from({ length: POINTS }, (_, i) => {
    const [from, step] = [(i * budget) / POINTS, ((i + 1) * budget) / POINTS]
    const own = episodes.filter(episode => episode.step > from && episode.step <= step)
    return {
      step,
      returns: own.map(episode => episode.return),
      lengths: own.map(({ length }) => length ?? Number.NaN),
      ends: own.map(episode => episode.step),
    }
  })
  return {
    ...{ agent: name, variant: name, env, seed, meanReturn, hash, curve: points, runDir: source },
    stepsPerSecond: stepsPerSecond ?? Number.NaN,
    evalEpisodes: evaluations.at(-1)?.returns.length ?? 0,
    ...(threshold !== undefined && { rewardThreshold: threshold }),
    evaluations: evaluations.map(({ step, returns, meanLength = Number.NaN }) => ({
      step,
      returns,
      meanLength,
    })),
  }
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}

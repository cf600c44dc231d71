import type { z } from 'zod'
import { parseConfig } from '../../common/settings.ts'
import type { fineTuneSchema } from '../instances/config.ts'
import type { Parts } from '../instances/instance.ts'
import type { benchmarkSchema } from '../jobs/benchmark/config.ts'
import { benchmark as runBenchmark } from '../jobs/benchmark/job.ts'
import type { JoinedSummary } from '../jobs/benchmark/joined/join.ts'
import { report as writeReport } from '../jobs/benchmark/joined/report.ts'
import { reportSchema } from '../jobs/benchmark/joined/settings.ts'
import type { MatrixSummary } from '../jobs/benchmark/matrix/summary.ts'
import type { BenchmarkSummary } from '../jobs/benchmark/summary.ts'
import {
  type FineTuneResult,
  fineTune as runFineTune,
  resumeRun as runResume,
} from '../jobs/fine-tune/job.ts'
import type { FineTuneSummary } from '../jobs/fine-tune/summary.ts'
import type { learnPolicySchema } from '../jobs/learn-policy/config.ts'
import { learnPolicy as runLearnPolicy } from '../jobs/learn-policy/job.ts'
import type { LearnPolicySummary } from '../jobs/learn-policy/summary.ts'
import type { studySchema } from '../jobs/study/config.ts'
import { study as runStudy } from '../jobs/study/job.ts'
import type { StudyResult } from '../jobs/study/summary.ts'
import type { tabulateSchema } from '../jobs/tabulate/config.ts'
import { tabulate as runTabulate } from '../jobs/tabulate/job.ts'
import type { TabulateSummary } from '../jobs/tabulate/summary.ts'
import type { RunHooks } from '../runs/hooks.ts'
import { inCode } from './hooks.ts'

/** The settings of `layergym benchmark`, in camelCase. */
export type BenchmarkOptions = z.input<typeof benchmarkSchema>
/** The settings of `layergym fine-tune`, in camelCase. */
export type FineTuneOptions = Partial<z.input<typeof fineTuneSchema>>
/** The settings of `layergym learn-policy`, in camelCase. */
export type LearnPolicyOptions = z.input<typeof learnPolicySchema>
/** The settings of `layergym report`, in camelCase. */
export type ReportOptions = z.input<typeof reportSchema>
/** The settings of `layergym study`, in camelCase. */
export type StudyOptions = z.input<typeof studySchema>
/** The settings of `layergym tabulate`, in camelCase. */
export type TabulateOptions = z.input<typeof tabulateSchema>

/**
 * Every agent, and every variant of one, with every seed, as `layergym benchmark`: a training run each, in a process of
 * its own. In one environment, or in each of a list of them.
 * @param hooks as of `train`
 * @throws input error for wrong settings or a folder that exists; interrupted when the signal says so
 */
export function benchmark(
  options: BenchmarkOptions & { readonly env: string },
  hooks?: Partial<RunHooks>,
): Promise<BenchmarkSummary>
export function benchmark(
  options: BenchmarkOptions & { readonly env: readonly string[] },
  hooks?: Partial<RunHooks>,
): Promise<MatrixSummary>
export function benchmark(
  options: BenchmarkOptions,
  hooks: Partial<RunHooks> = {},
): Promise<BenchmarkSummary | MatrixSummary> {
  return runBenchmark({ ...options }, inCode(hooks))
}

/**
 * Runs that are there already, layergym's and other tools', in one comparison, as `layergym report`: report.html and
 * summary.json in `out`, and what they say.
 * @param options `from`: files and folders with runs, `NAME=PATH` where one is to be named
 * @returns a benchmark's summary, of one environment or (where it has `environments`) of several, and in `joined` where
 *   its runs come from and what can't be known of them
 * @throws input error for wrong settings, a folder that has a report, or runs that can't be read or compared
 */
export async function report(options: ReportOptions): Promise<JoinedSummary> {
  return writeReport(parseConfig(reportSchema, { ...options }))
}

/**
 * Contenders on instances that none of them has seen, as `layergym study`; one with the same plan goes on where it is.
 * @param hooks as of `train`
 * @throws input error for wrong settings; interrupted when the signal says so
 */
export function study(options: StudyOptions, hooks: Partial<RunHooks> = {}): Promise<StudyResult> {
  return runStudy({ ...options }, inCode(hooks))
}

/**
 * Every course that a short run of fine-tuning can take, as `layergym tabulate`; `layergym/Table-v0` replays it.
 * @param hooks as of `train`
 * @throws input error for wrong settings, a tree that is too large or a folder that exists; interrupted when the signal says so
 */
export function tabulate(options: TabulateOptions, hooks: Partial<RunHooks> = {}): Promise<TabulateSummary> {
  return runTabulate({ ...options }, inCode(hooks))
}

/**
 * Agents learn on several instances at once, as `layergym learn-policy`.
 * @param hooks as of `train`
 * @throws input error for wrong settings or a folder that exists; interrupted when the signal says so
 */
export function learnPolicy(
  options: LearnPolicyOptions,
  hooks: Partial<RunHooks> = {},
): Promise<LearnPolicySummary> {
  return runLearnPolicy({ ...options }, inCode(hooks))
}

/**
 * Agents fine-tune a model on clips, baselines beside them, as `layergym fine-tune`.
 * @param hooks as of `train`
 * @param parts a model, a dataset, networks and rewards of one's own
 * @throws input error for wrong settings or a folder that exists; interrupted when the signal says so
 */
export function fineTune(
  options: FineTuneOptions,
  hooks: Partial<RunHooks> = {},
  parts: Parts = {},
): Promise<FineTuneResult> {
  return runFineTune({ ...options }, inCode(hooks), parts)
}

/**
 * Goes on with a run of `fineTune` that was interrupted, or tells again what a finished one came to.
 * @param hooks as of `train`
 * @param parts what was given in code, as `fineTune` had it
 * @throws input error where the folder holds no such run, or what it was given in code is missing
 */
export function resumeRun(
  dir: string,
  hooks: Partial<RunHooks> = {},
  parts: Parts = {},
): Promise<FineTuneResult | FineTuneSummary> {
  return runResume(dir, inCode(hooks), parts)
}

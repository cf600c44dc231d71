import type { Command } from 'commander'
import type { BenchmarkSummary } from '../runner/benchmark/summary.ts'
import type { LearnPolicySummary } from '../runner/study/learn-policy.ts'
import type { StudyResult } from '../runner/study/study.ts'
import type { FineTuneSummary } from '../runner/summary.ts'
import type { TrainSummary } from '../runner/train/summary.ts'
import { benchmarkWords } from './benchmark.ts'
import type { Io } from './command.ts'
import { learnPolicyWords } from './learn-policy.ts'
import { studyWords } from './study.ts'
import { summaryWords } from './summary-words.ts'
import { trainWords } from './train.ts'
import { watched } from './watched.ts'

/** `layergym resume`: an interrupted run goes on, to the same end as an uninterrupted one. */
export function resumeCommand(program: Command, io: Io): void {
  program
    .command('resume <dir>')
    .description('finish an interrupted run')
    .option('--json', 'print the result as JSON, alone, on stdout')
    .action(async (dir: string, options: { json?: boolean }) => {
      const { RunFolder } = await import('../runner/run-folder.ts')
      const { isTrainConfig, resumeTraining } = await import('../runner/train/train.ts')
      const { isBenchmarkConfig, resumeBenchmark } = await import('../runner/benchmark/benchmark.ts')
      const { isStudyConfig, resumeStudy } = await import('../runner/study/study.ts')
      const { isLearnPolicyConfig, resumeLearnPolicy } = await import('../runner/study/learn-policy.ts')
      const { config } = await RunFolder.open(dir)
      if (isBenchmarkConfig(config)) {
        await watched<BenchmarkSummary>(io, options, dir, benchmarkWords, hooks =>
          resumeBenchmark(dir, hooks),
        )
        return
      }
      if (isStudyConfig(config)) {
        await watched<StudyResult>(io, options, dir, studyWords, hooks => resumeStudy(dir, hooks))
        return
      }
      if (isLearnPolicyConfig(config)) {
        await watched<LearnPolicySummary>(io, options, dir, learnPolicyWords, hooks =>
          resumeLearnPolicy(dir, hooks),
        )
        return
      }
      if (isTrainConfig(config)) {
        await watched<TrainSummary>(io, options, dir, trainWords, hooks => resumeTraining(dir, hooks))
        return
      }
      const { resumeRun } = await import('../runner/fine-tune.ts')
      await watched<FineTuneSummary>(io, options, dir, summaryWords, async hooks => {
        const result = await resumeRun(dir, hooks)
        return 'summary' in result ? result.summary : result
      })
    })
}

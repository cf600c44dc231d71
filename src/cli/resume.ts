import type { Command } from 'commander'
import { isBenchmarkConfig } from '../runner/jobs/benchmark/config.ts'
import { isLearnPolicyConfig } from '../runner/jobs/learn-policy/config.ts'
import { isStudyConfig } from '../runner/jobs/study/config.ts'
import { isTrainConfig } from '../runner/jobs/train/config.ts'
import type { RunHooks } from '../runner/runs/hooks.ts'
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
      const { RunFolder } = await import('../runner/runs/run-folder.ts')
      const { config } = await RunFolder.open(dir)
      const finish = <S>(
        words: (summary: S) => string,
        resume: (dir: string, hooks: RunHooks) => Promise<S>,
      ) => watched(io, options, dir, words, hooks => resume(dir, hooks))
      if (isBenchmarkConfig(config)) {
        const { resumeBenchmark } = await import('../runner/jobs/benchmark/benchmark.ts')
        await finish(benchmarkWords, resumeBenchmark)
      } else if (isStudyConfig(config)) {
        const { resumeStudy } = await import('../runner/jobs/study/study.ts')
        await finish(studyWords, resumeStudy)
      } else if (isLearnPolicyConfig(config)) {
        const { resumeLearnPolicy } = await import('../runner/jobs/learn-policy/learn-policy.ts')
        await finish(learnPolicyWords, resumeLearnPolicy)
      } else if (isTrainConfig(config)) {
        const { resumeTraining } = await import('../runner/jobs/train/train.ts')
        await finish(trainWords, resumeTraining)
      } else {
        const { resumeRun } = await import('../runner/jobs/fine-tune/fine-tune.ts')
        await finish(summaryWords, async (...of) => {
          const result = await resumeRun(...of)
          return 'summary' in result ? result.summary : result
        })
      }
    })
}

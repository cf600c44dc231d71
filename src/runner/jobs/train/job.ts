import { pluginFingerprints } from '../../plugins/fingerprint.ts'
import type { Plugin } from '../../plugins/plugin.ts'
import { seal } from '../../runs/codec.ts'
import { digestOf } from '../../runs/digest.ts'
import { begin } from '../../runs/drive.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import { concluded, type JobKind, type Unit } from '../../runs/job.ts'
import { originOf } from '../../runs/origin.ts'
import { composeTraining, type TrainComposition } from './compose.ts'
import { type TrainConfig, trainSchema, withAbsolutePaths } from './config.ts'
import { trainedPolicy } from './policy.ts'
import { renderTrainReport } from './report.ts'
import { summarizeTraining, type TrainSummary } from './summary.ts'
import { type Trained, Training, type TrainingRecord } from './training.ts'
import { trainWords } from './words.ts'

/** What a training run came to. */
export interface TrainOutcomes {
  readonly composition: TrainComposition
  readonly trained: Trained
  readonly records: readonly TrainingRecord[]
}

/** An agent learns in an environment and is evaluated greedily. */
export function trainJob(plugins: readonly Plugin[] = []): JobKind<TrainConfig, TrainOutcomes, TrainSummary> {
  return {
    id: 'train',
    schema: trainSchema,
    async prepare(given) {
      const composition = await composeTraining(withAbsolutePaths(given), plugins)
      const { config, versions, agent } = composition
      return {
        config,
        origin: originOf(
          { name: config.engine, threads: config.threads, versions },
          await pluginFingerprints(config.plugin),
        ),
        async work(run) {
          const { outcome, records } = await run.perform(learning(composition, run.dir))
          const trained = outcome as Trained
          await run.write('policy.json', seal(trainedPolicy(composition, trained)))
          return { composition, trained, records: records as readonly TrainingRecord[] }
        },
        close: () => agent.dispose?.(),
      }
    },
    summarize: summarizeTraining,
    report: renderTrainReport,
    words: trainWords,
  }
}

/** A new run: refuses a folder that exists. */
export async function train(
  values: Readonly<Record<string, unknown>>,
  hooks: RunHooks,
  parts: { readonly plugins?: readonly Plugin[] } = {},
): Promise<TrainSummary> {
  return concluded(await begin(trainJob(parts.plugins), values, hooks))
}

/** All of it is one unit, with checkpoints. */
function learning(composition: TrainComposition, dir: string): Unit<Trained> {
  return {
    key: 'learning',
    // Greedy episodes at the end are no part of what it did: more of them make no other run.
    digest: ({ digest, state, normalization }) => digestOf({ digest, state, normalization }),
    run: async context => (await Training.in(composition, dir, context)).finish(),
  }
}

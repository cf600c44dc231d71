import { pluginFingerprints } from '../../plugins/fingerprint.ts'
import { seal } from '../../runs/codec.ts'
import { digestOf } from '../../runs/digest.ts'
import type { JobKind, Running, Unit } from '../../runs/job.ts'
import { originOf } from '../../runs/origin.ts'
import { composeTraining, type TrainComposition, type TrainParts } from './compose.ts'
import { type TrainConfig, trainSchema, withAbsolutePaths } from './config.ts'
import { modulesOf, profiled } from './cpu-profile.ts'
import { trainedPolicy } from './policy.ts'
import { renderTrainReport } from './report.ts'
import { summarizeTraining, type TrainSummary } from './summary.ts'
import { Training } from './training.ts'
import type { Trained, TrainingRecord } from './training-state.ts'
import { trainWords } from './words.ts'

/** What a training run came to. */
export interface TrainOutcomes {
  readonly composition: TrainComposition
  readonly trained: Trained
  readonly records: readonly TrainingRecord[]
}

/** An agent learns in an environment and is evaluated greedily. */
export function trainJob(parts: TrainParts = {}): JobKind<TrainConfig, TrainOutcomes, TrainSummary> {
  return {
    id: 'train',
    schema: trainSchema,
    writesTensorBoard: true,
    async prepare(given) {
      const composition = await composeTraining(withAbsolutePaths(given), parts)
      const { config, versions, agent } = composition
      return {
        config,
        origin: originOf(
          { name: config.engine, threads: config.threads, versions },
          await pluginFingerprints(config.plugin),
        ),
        async work(run) {
          const { outcome, records } = await run.perform(learning(composition, run))
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

/** All of it is one unit, with checkpoints. */
function learning(
  composition: TrainComposition,
  { dir, write }: Pick<Running, 'dir' | 'write'>,
): Unit<Trained> {
  const keep = (learned: Pick<Trained, 'state' | 'normalization'>) =>
    write('best-policy.json', seal(trainedPolicy(composition, learned)))
  return {
    key: 'learning',
    // Greedy episodes at the end are no part of what it did: more of them make no other run.
    digest: ({ digest, state, normalization, stopped, steps }) =>
      digestOf({ digest, state, normalization, ...(stopped !== undefined && { stopped: steps }) }),
    async run(context) {
      const learn = async () => (await Training.in(composition, { ...context, dir, keep, write })).finish()
      if (!composition.config.profile) return learn()
      const { value, profile } = await profiled(learn)
      await write('profile.cpuprofile', JSON.stringify(profile))
      return { ...value, modules: modulesOf(profile) }
    },
  }
}

import { unknownName } from '../../common/suggest.ts'
import type { JobKind, RunConfig } from '../runs/job.ts'
import { RunFolder } from '../runs/run-folder.ts'

/** A kind of whatever configuration and summary. */
export type AnyJobKind = JobKind<RunConfig, unknown, unknown>

/** Kinds of runs by the `kind` of their config.json; what they need is loaded when they are asked for. */
const KINDS = {
  'fine-tune': async () => (await import('./fine-tune/job.ts')).fineTuneJob(),
  'learn-policy': async () => (await import('./learn-policy/job.ts')).learnPolicyJob,
  tabulate: async () => (await import('./tabulate/job.ts')).tabulateJob,
  study: async () => (await import('./study/job.ts')).studyJob,
  train: async () => (await import('./train/job.ts')).trainJob(),
  benchmark: async () => (await import('./benchmark/job.ts')).benchmarkJob,
} as const

export type KindId = keyof typeof KINDS

/** @throws input error for a kind that isn't known */
export async function jobKind(id: string): Promise<AnyJobKind> {
  if (!Object.hasOwn(KINDS, id)) throw unknownName('kind of run', id, Object.keys(KINDS))
  return (await KINDS[id as KindId]()) as unknown as AnyJobKind
}

/** @throws input error where the folder is no run's, or of a kind that isn't known */
export async function kindOfRun(dir: string): Promise<AnyJobKind> {
  const { config } = await RunFolder.open(dir)
  return jobKind(String(Reflect.get(Object(config), 'kind')))
}

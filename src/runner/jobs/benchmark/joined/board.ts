import { basename } from 'node:path'
import { readScalars, type Scalar } from './event-file.ts'
import { type LoggedEpisode, type LoggedEvaluation, type LoggedRun, lastStep } from './run.ts'

/** CleanRL's: an episode a point. */
const EPISODE = 'charts/episodic_return'
const LENGTH = 'charts/episodic_length'
/** Stable-Baselines3's, and ours: the mean of the last hundred training episodes. */
const ROLLOUT = 'rollout/ep_rew_mean'
const EVALUATION = 'eval/mean_reward'
const EVALUATION_LENGTH = 'eval/mean_ep_length'
const TAGS = new Set([EPISODE, LENGTH, ROLLOUT, EVALUATION, EVALUATION_LENGTH])

/** A folder ENVIRONMENT__SCRIPT__SEED__TIME, as CleanRL's scripts name it. */
const CLEANRL = /^(.+)__(.+)__(\d+)__\d+$/

/**
 * The run of a folder with TensorBoard's files, by the tags of CleanRL or of Stable-Baselines3; undefined where they have
 * none of these.
 * @throws input error where a file is none
 */
export async function readBoard(folder: string, files: readonly string[]): Promise<LoggedRun | undefined> {
  const scalars: Scalar[] = []
  for (const file of files) for (const scalar of await readScalars(file, TAGS)) scalars.push(scalar)
  const series = (tag: string) => scalars.filter(scalar => scalar.tag === tag).sort((a, b) => a.step - b.step)
  const own = series(EPISODE)
  const means = own.length > 0 ? [] : series(ROLLOUT)
  const evaluations = withLengths(series(EVALUATION), series(EVALUATION_LENGTH))
  if (own.length + means.length + evaluations.length === 0) return undefined
  const lengths = new Map(series(LENGTH).map(({ step, value }) => [step, value]))
  const episodes: readonly LoggedEpisode[] = [...own, ...means].map(({ step, value }) => ({
    step,
    return: value,
    ...(lengths.has(step) && { length: lengths.get(step) }),
  }))
  const named = CLEANRL.exec(basename(folder))
  return {
    tool: own.length > 0 ? 'CleanRL' : 'TensorBoard',
    source: folder,
    ...(named !== null && { env: named[1], agent: named[2], seed: Number(named[3]) }),
    episodes,
    smoothed: means.length > 0,
    evaluations,
    steps: lastStep(episodes, evaluations),
    doubts: [
      ...(means.length > 0
        ? ['training returns are means of the last 100 episodes, as they were logged']
        : []),
      ...(evaluations.length > 0 ? ['of evaluations the mean alone was logged'] : []),
    ],
  }
}

function withLengths(
  returns: readonly { readonly step: number; readonly value: number }[],
  lengths: readonly { readonly step: number; readonly value: number }[],
): readonly LoggedEvaluation[] {
  const at = new Map(lengths.map(({ step, value }) => [step, value]))
  return returns.map(({ step, value }) => ({
    step,
    returns: [value],
    ...(at.has(step) && { meanLength: at.get(step) }),
  }))
}

import { join, resolve } from 'node:path'
import { inputError, messageOf } from '../../../../common/error.ts'
import { readTextFile } from '../../../../common/regular-file.ts'
import type { TrainSummary } from '../../train/summary.ts'
import type { MatrixSummary } from '../matrix/summary.ts'
import type { BenchmarkSummary } from '../summary.ts'
import type { LoggedRun } from './run.ts'

/**
 * Our own runs in a folder of `train` or `benchmark`, by their summaries.
 * @throws input error where the run isn't done, or of another kind
 */
export async function readOwn(folder: string): Promise<readonly LoggedRun[]> {
  const { kind } = (await json(join(folder, 'config.json'))) as { readonly kind?: unknown }
  if (kind === 'train') return [await trainedIn(folder)]
  if (kind !== 'benchmark')
    throw inputError(
      'report.kind',
      `${folder} holds a run of '${kind}': runs of train and benchmark are compared here`,
    )
  const summary = (await json(join(folder, 'summary.json'))) as BenchmarkSummary | MatrixSummary
  const agents = 'environments' in summary ? summary.environments.flatMap(env => env.agents) : summary.agents
  return Promise.all(
    agents.flatMap(({ agent, runs }) => runs.map(({ runDir }) => trainedIn(resolve(folder, runDir), agent))),
  )
}

async function trainedIn(folder: string, name?: string): Promise<LoggedRun> {
  const summary = (await json(join(folder, 'summary.json'))) as TrainSummary
  const { env, agent, seed, hash, steps, stepsPerSecond, curve, evaluation, evaluations } = summary
  const { rewardThreshold } = summary.settings
  return {
    tool: 'layergym',
    source: folder,
    ...{ env, agent: name ?? agent, seed, hash, steps, stepsPerSecond },
    episodes: curve.flatMap(({ returns, lengths, ends }) =>
      returns.map((value, i) => ({ step: ends[i], return: value, length: lengths[i] })),
    ),
    evaluations: [...evaluations, ...(evaluation.episodes > 0 ? [{ step: steps, ...evaluation }] : [])].map(
      ({ step, returns, meanLength }) => ({ step, returns, meanLength }),
    ),
    doubts: [],
    ...(rewardThreshold !== undefined && { rewardThreshold }),
  }
}

async function json(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readTextFile(path))
  } catch (error) {
    const done = path.endsWith('summary.json') ? ': the run is not done; layergym resume goes on with it' : ''
    throw inputError('report.run', `${path} can't be read${done} (${messageOf(error)})`, { cause: error })
  }
}

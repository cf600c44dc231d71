import { join, resolve } from 'node:path'
import { z } from 'zod'
import { inputError, messageOf } from '../../../../common/error.ts'
import { isInside } from '../../../../common/inside.ts'
import { readTextFile } from '../../../../common/regular-file.ts'
import type { LoggedRun } from './run.ts'

/** JSON has no NaN. */
const number = z
  .number()
  .nullable()
  .transform(value => value ?? Number.NaN)
const numbers = z.array(number)
const evaluationSchema = z.object({ returns: numbers, meanLength: number })

/** Of `train`'s summary what is compared. */
const trainSchema = z.object({
  ...{ env: z.string(), agent: z.string(), hash: z.string() },
  ...{ seed: z.number(), steps: z.number(), stepsPerSecond: number },
  curve: z.array(z.object({ returns: numbers, lengths: numbers, ends: z.array(z.number()) })),
  evaluation: evaluationSchema.extend({ episodes: z.number() }),
  evaluations: z.array(evaluationSchema.extend({ step: z.number() })),
  settings: z.object({ rewardThreshold: z.number().optional() }),
})

const agentsSchema = z.array(z.object({ agent: z.string(), runs: z.array(z.object({ runDir: z.string() })) }))
/** Of one environment, and of several. */
const benchmarkSchema = z.union([
  z.object({ environments: z.array(z.object({ agents: agentsSchema })) }),
  z.object({ agents: agentsSchema }),
])

/**
 * Our own runs in a folder of `train` or `benchmark`, by their summaries.
 * @throws input error where the run isn't done, or of another kind
 */
export async function readOwn(folder: string): Promise<readonly LoggedRun[]> {
  const { kind } = await json(join(folder, 'config.json'), z.object({ kind: z.unknown() }))
  if (kind === 'train') return [await trainedIn(folder)]
  if (kind !== 'benchmark')
    throw inputError(
      'report.kind',
      `${folder} holds a run of '${kind}': runs of train and benchmark are compared here`,
    )
  const summary = await json(join(folder, 'summary.json'), benchmarkSchema)
  const agents = 'environments' in summary ? summary.environments.flatMap(env => env.agents) : summary.agents
  const runs: LoggedRun[] = []
  for (const { agent, runs: own } of agents)
    for (const { runDir } of own) runs.push(await trainedIn(within(folder, runDir), agent))
  return runs
}

/** @throws input error: a benchmark's runs lie in its folder */
function within(folder: string, runDir: string): string {
  const path = resolve(folder, runDir)
  if (isInside(path, folder)) return path
  throw inputError('report.run', `${folder} names a run outside of it, ${runDir}, which is not read`)
}

async function trainedIn(folder: string, name?: string): Promise<LoggedRun> {
  const summary = await json(join(folder, 'summary.json'), trainSchema)
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

async function json<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
  const wrong = (words: string, error: unknown) =>
    inputError('report.run', `${path} can't be read${words} (${messageOf(error)})`, { cause: error })
  let value: unknown
  try {
    value = JSON.parse(await readTextFile(path, { follow: false }))
  } catch (error) {
    const done = path.endsWith('summary.json') ? ': the run is not done; layergym resume goes on with it' : ''
    throw wrong(done, error)
  }
  const { success, data, error } = schema.safeParse(value)
  if (success) return data
  const [{ path: place, message }] = error.issues
  throw wrong(': it is of another version, or no run', new Error(`${place.join('.')}: ${message}`))
}

import { basename, dirname } from 'node:path'
import { inputError } from '../../../../common/error.ts'
import type { LoggedRun } from './run.ts'
import type { Source } from './sources.ts'

/** A run that can be compared: who learned where, by which seed. */
export interface IdentifiedRun extends Omit<LoggedRun, 'env' | 'agent' | 'seed'> {
  readonly env: string
  /** By which it is compared. */
  readonly name: string
  readonly seed: number
}

/** ENVIRONMENT_NUMBER, as RL Baselines3 Zoo names a run's folder, below one that is named by the algorithm. */
const ZOO = /^([\w:.-]+-v\d+)_(\d+)$/
/** ALGORITHM_NUMBER, as Stable-Baselines3 names a run's folder for TensorBoard. */
const NUMBERED = /^(.+?)[_-](\d+)$/

/**
 * Names every run by what its log says, else by its folder's name, else by what is given. Other tools' names get the tool's
 * before them, unless the source was named.
 * @param env of runs that don't say theirs
 * @throws input error where an environment isn't known, or two runs can't be told apart
 */
export function identified(sources: readonly Source[], env: string | undefined): readonly IdentifiedRun[] {
  const all = sources.flatMap(source => {
    const own = source.runs.map(run => byFolder(run, env))
    const several = new Set(own.map(({ agent }) => agent)).size > 1
    return own.map(run => ({ run, name: nameOf(source.name, run, several) }))
  })
  const counted = new Map<string, number>()
  const runs = all.map(({ run: { agent: _, ...run }, name }) => {
    if (run.seed !== undefined) return { ...run, name, seed: run.seed }
    const key = JSON.stringify([run.env, name])
    const seed = (counted.get(key) ?? 0) + 1
    counted.set(key, seed)
    return { ...run, name, seed, doubts: [...run.doubts, 'its seed is not known: runs are counted'] }
  })
  refuseTwice(runs)
  return runs
}

type Named = Omit<LoggedRun, 'env' | 'agent'> & Required<Pick<LoggedRun, 'env' | 'agent'>>

function byFolder(run: LoggedRun, fallback: string | undefined): Named {
  const folder = basename(run.source)
  const zoo = ZOO.exec(folder)
  const numbered = NUMBERED.exec(folder)
  const env = run.env ?? zoo?.[1] ?? fallback
  if (env === undefined)
    throw inputError(
      'report.env',
      `${run.source} doesn't say what environment it was learned in: give --env ID, for all sources that don't`,
    )
  const agent = run.agent ?? (zoo === null ? (numbered?.[1] ?? folder) : basename(dirname(run.source)))
  const numberOf = zoo?.[2] ?? numbered?.[2]
  const seed = run.seed ?? (numberOf === undefined ? undefined : Number(numberOf))
  const byNumber = run.seed === undefined && seed !== undefined
  return {
    ...run,
    // As layergym's environments are called from Python.
    env: env.replace(/^layergym\/(?!FineTune)/, ''),
    agent,
    ...(seed !== undefined && { seed }),
    doubts: byNumber
      ? [...run.doubts, "its seed is not known: the folder's number stands for it"]
      : run.doubts,
  }
}

function nameOf(given: string | undefined, { tool, agent }: Named, several: boolean): string {
  if (given !== undefined) return several ? `${given} ${agent}` : given
  return tool === 'layergym' || tool === 'table' ? agent : `${tool} ${agent}`
}

function refuseTwice(runs: readonly IdentifiedRun[]): void {
  const seen = new Map<string, string>()
  for (const { env, name, seed, source } of runs) {
    const key = JSON.stringify([env, name, seed])
    const other = seen.get(key)
    if (other !== undefined)
      throw inputError(
        'report.twice',
        `'${name}' has two runs in ${env} with seed ${seed}, ${other} and ${source}: give one a name, --from NAME=PATH`,
      )
    seen.set(key, source)
  }
}

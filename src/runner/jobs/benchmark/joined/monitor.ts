import { parse } from 'csv-parse/sync'
import { inputError } from '../../../../common/error.ts'
import { readTextFile } from '../../../../common/regular-file.ts'
import type { LoggedEpisode } from './run.ts'

/** Episodes of a run's monitor files. */
interface Monitored {
  /** As the file's header says. */
  readonly env?: string
  readonly episodes: readonly LoggedEpisode[]
  readonly doubts: readonly string[]
}

interface Ended {
  /** Seconds since 1970. */
  readonly at: number
  readonly return: number
  readonly length: number
}

/**
 * Stable-Baselines3's monitor.csv (stable_baselines3/common/monitor.py): a comment `{"t_start", "env_id"}`, then r, l and t,
 * a row an episode. One file an environment that was played at once.
 * @throws input error where a file is none
 */
export async function readMonitors(paths: readonly string[]): Promise<Monitored> {
  const files = await Promise.all(paths.map(readMonitor))
  const ended = files.flatMap(file => file.ended).sort((a, b) => a.at - b.at)
  let step = 0
  const episodes = ended.map(({ return: value, length }) => {
    step += length
    return { step, return: value, length }
  })
  const several = 'steps are those of the episodes that had ended: several environments were played at once'
  return {
    env: files.find(({ env }) => env !== undefined)?.env,
    episodes,
    doubts: files.length > 1 ? [several] : [],
  }
}

async function readMonitor(path: string) {
  const [first, ...rest] = (await readTextFile(path)).split('\n')
  const header = headerOf(first, path)
  const rows: readonly Readonly<Record<string, string>>[] = parse(rest.join('\n'), {
    columns: true,
    skip_empty_lines: true,
    relax_column_count: true,
  })
  const ended = rows.map(({ r, l, t }, i): Ended => {
    const [value, length, seconds] = [r, l, t].map(Number)
    if (![value, length, seconds].every(Number.isFinite) || !(length > 0))
      throw inputError('report.monitor', `${path} line ${i + 3} is no episode: r, l and t are numbers`)
    return { at: header.start + seconds, return: value, length }
  })
  return { env: header.env, ended }
}

function headerOf(line: string, path: string): { readonly start: number; readonly env?: string } {
  try {
    const { t_start, env_id } = JSON.parse(line.replace(/^#/, ''))
    const env = typeof env_id === 'string' && env_id !== 'None' ? env_id : undefined
    if (line.startsWith('#') && typeof t_start === 'number') return { start: t_start, env }
  } catch {
    // Said below.
  }
  throw inputError('report.monitor', `${path} is no monitor file: it begins with #{"t_start": …}`)
}

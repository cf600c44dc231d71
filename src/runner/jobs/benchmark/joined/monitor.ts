import { csvRecords, LARGEST_CSV } from '../../../../common/csv-rows.ts'
import { inputError, messageOf } from '../../../../common/error.ts'
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
  const files = []
  for (const path of paths) files.push(await readMonitor(path))
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
  const wrong = (error: unknown) =>
    inputError('report.monitor', `${path} is no monitor file that is read: ${messageOf(error)}`, {
      cause: error,
    })
  const text = await readTextFile(path, { most: LARGEST_CSV }).catch(error => {
    throw wrong(error)
  })
  const end = text.search(/\n|$/)
  const header = headerOf(text.slice(0, end), path)
  let rows: ReturnType<typeof csvRecords>
  try {
    rows = csvRecords(text.slice(end + 1), { ragged: true })
  } catch (error) {
    throw wrong(error)
  }
  const ended = rows.map(({ record: { r, l, t }, line }): Ended => {
    const [value, length, seconds] = [r, l, t].map(Number)
    if (![value, length, seconds].every(Number.isFinite) || !(length > 0))
      throw inputError('report.monitor', `${path} line ${line + 1} is no episode: r, l and t are numbers`)
    return { at: header.start + seconds, return: value, length }
  })
  return { env: header.env, ended }
}

function headerOf(line: string, path: string): { readonly start: number; readonly env?: string } {
  try {
    const { t_start, env_id } = JSON.parse(line.replace(/^#/, ''))
    const env = typeof env_id === 'string' && env_id !== 'None' ? env_id : undefined
    if (line.startsWith('#') && Number.isFinite(t_start)) return { start: t_start, env }
  } catch {
    // Said below.
  }
  throw inputError('report.monitor', `${path} is no monitor file: it begins with #{"t_start": …}`)
}

import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { inputError } from '../../../../common/error.ts'
import { readBoard } from './board.ts'
import { readEvaluations } from './evaluations.ts'
import { readMonitors } from './monitor.ts'
import { readOwn } from './own.ts'
import { type LoggedRun, lastStep } from './run.ts'
import { readTidy } from './tidy.ts'

const MONITOR = /(^|\.)monitor\.csv$/
const EVENTS = /^events\.out\.tfevents\./
const EVALUATIONS = 'evaluations.npz'

/** Folders below the one that is given are looked into so deep. */
const DEPTH = 6

/** Runs of one source that was named on the command line. */
export interface Source {
  /** By which it is told in the report, where one was given. */
  readonly name?: string
  readonly path: string
  readonly runs: readonly LoggedRun[]
}

/** @param given PATH, or NAME=PATH @throws input error where nothing is there that could be read */
export async function readSource(given: string): Promise<Source> {
  const named = /^([\w .;+()-]{1,60})=(.+)$/.exec(given)
  const path = resolve(named?.[2] ?? given)
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw inputError('report.missing', `there is no ${path}`)
  const runs = found.isDirectory()
    ? await runsBelow(path, DEPTH)
    : await runsIn(dirname(path), [basename(path)], true)
  if (runs.length === 0)
    throw inputError(
      'report.nothing',
      `${path} holds no runs: what is read are folders of layergym's train and benchmark, monitor.csv and evaluations.npz ` +
        "of Stable-Baselines3, TensorBoard's files with its or CleanRL's tags, and tidy CSV files",
    )
  return { path, runs, ...(named !== null && { name: named[1].trim() }) }
}

/** A link isn't followed. */
async function runsBelow(folder: string, depth: number): Promise<readonly LoggedRun[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter(entry => entry.isFile()).map(({ name }) => name)
  if (names.includes('config.json') && names.includes('run.json')) return readOwn(folder)
  const inner = entries
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  const below =
    depth === 0 ? [] : await Promise.all(inner.map(name => runsBelow(join(folder, name), depth - 1)))
  return [...(await runsIn(folder, names.sort(), false)), ...below.flat()]
}

/** A folder with logs of Stable-Baselines3 or of TensorBoard is a run; each tidy CSV has runs of its own. */
async function runsIn(
  folder: string,
  names: readonly string[],
  chosen: boolean,
): Promise<readonly LoggedRun[]> {
  const paths = (wanted: (name: string) => boolean) => names.filter(wanted).map(name => join(folder, name))
  const monitors = paths(name => MONITOR.test(name))
  const events = paths(name => EVENTS.test(name))
  const tables = paths(name => extname(name) === '.csv' && !MONITOR.test(name))
  const judged = names.includes(EVALUATIONS)
  const board = events.length === 0 ? undefined : await readBoard(folder, events)
  const own =
    monitors.length === 0 && !judged
      ? board
      : await baselines(folder, monitors, judged ? join(folder, EVALUATIONS) : undefined)
  const tidy = await Promise.all(tables.map(table => readTidy(table, chosen)))
  return [...(own === undefined ? [] : [own]), ...tidy.flat()]
}

async function baselines(
  folder: string,
  monitors: readonly string[],
  npz: string | undefined,
): Promise<LoggedRun> {
  const { env, episodes, doubts } = await readMonitors(monitors)
  const evaluations = npz === undefined ? [] : await readEvaluations(npz)
  return {
    tool: 'Stable-Baselines3',
    source: folder,
    ...(env !== undefined && { env }),
    ...{ episodes, evaluations, doubts, steps: lastStep(episodes, evaluations) },
  }
}

import { grouped } from '../../../../common/arrays.ts'
import { csvRecords, LARGEST_CSV } from '../../../../common/csv-rows.ts'
import { inputError, messageOf } from '../../../../common/error.ts'
import { readTextFile } from '../../../../common/regular-file.ts'
import { type LoggedEpisode, type LoggedRun, lastStep } from './run.ts'

type Row = ReturnType<typeof csvRecords>[number]

const NEEDED = ['env', 'agent', 'seed', 'step', 'return'] as const

/**
 * Runs of a tidy CSV, as results.csv is one: env, agent, seed, step and return; where they are there, variant (by which an
 * agent is then named), phase (`training`, also where nothing is said, or `evaluation`) and length.
 * @param chosen whether it was named itself: of a folder's, a table of something else is passed by
 * @throws input error naming the line
 */
export async function readTidy(path: string, chosen: boolean): Promise<readonly LoggedRun[]> {
  const text = await readTextFile(path, { most: LARGEST_CSV }).catch(error => {
    throw unread(path, error)
  })
  const head = text.slice(0, Math.max(0, text.indexOf('\n'))).replace(/^\uFEFF/, '')
  const columns = head.split(',').map(name => name.trim())
  if (!chosen && NEEDED.some(column => !columns.includes(column))) return []
  const rows = parsed(text, path)
  const missing = NEEDED.find(column => rows.length > 0 && rows[0].record[column] === undefined)
  if (rows.length === 0 || missing !== undefined)
    throw inputError(
      'report.csv',
      `${path} has no column '${missing ?? 'env'}': it needs ${NEEDED.join(', ')}`,
    )
  const runs = grouped(rows, ({ record: { env, variant, agent, seed } }) =>
    JSON.stringify([env, variant ?? agent, seed]),
  )
  return [...runs.values()].map(own => runOf(own, path))
}

function parsed(text: string, path: string): readonly Row[] {
  try {
    return csvRecords(text)
  } catch (error) {
    throw unread(path, error)
  }
}

function unread(path: string, error: unknown) {
  return inputError('report.csv', `${path} is no CSV that is read: ${messageOf(error)}`, { cause: error })
}

function runOf(rows: readonly Row[], path: string): LoggedRun {
  const training: LoggedEpisode[] = []
  const evaluations = new Map<number, { returns: number[]; meanLength?: number }>()
  for (const { record: row, line } of rows) {
    const [step, value] = [row.step, row.return].map(Number)
    if (row.step === '' || row.return === '' || !Number.isFinite(step) || !Number.isFinite(value))
      throw inputError('report.csv', `${path} line ${line}: step and return are numbers`)
    const length = row.length === undefined || row.length === '' ? undefined : Number(row.length)
    const phase = row.phase ?? 'training'
    if (phase === 'training') training.push({ step, return: value, ...(length !== undefined && { length }) })
    else if (phase === 'evaluation') {
      const { returns } = evaluations.get(step) ?? { returns: [] }
      returns.push(value)
      evaluations.set(step, { returns, meanLength: length })
    } else
      throw inputError('report.csv', `${path} line ${line}: phase is training or evaluation, not '${phase}'`)
  }
  const [
    {
      record: { env, agent, variant, seed },
      line,
    },
  ] = rows
  if (!/^\d+$/.test(seed))
    throw inputError('report.csv', `${path} line ${line}: seed is a number, not '${seed}'`)
  const episodes = training.sort((a, b) => a.step - b.step)
  const judged = [...evaluations].map(([step, own]) => ({ step, ...own })).sort((a, b) => a.step - b.step)
  return {
    ...{ tool: 'table' as const, source: path, env, agent: variant ?? agent, seed: Number(seed) },
    ...{ episodes, evaluations: judged, steps: lastStep(episodes, judged), doubts: [] },
  }
}

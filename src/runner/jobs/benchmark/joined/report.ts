import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { z } from 'zod'
import { inputError } from '../../../../common/error.ts'
import { writeAtomic } from '../../../runs/atomic.ts'
import { renderMatrixReport } from '../matrix/report.ts'
import { matrixWords } from '../matrix/words.ts'
import { renderBenchmarkReport } from '../report.ts'
import { TABLES, tablesOf } from '../tables.ts'
import { benchmarkWords } from '../words.ts'
import { comparable, type JoinedSummary, summarized } from './join.ts'
import type { reportSchema } from './settings.ts'
import { readSource } from './sources.ts'

const PAGE = 'report.html'
const SUMMARY = 'summary.json'

/**
 * Runs of layergym and of other tools, compared in one report, with a benchmark's tidy tables beside it.
 * @throws input error as readers of logs do
 */
export async function report(values: z.infer<typeof reportSchema>): Promise<JoinedSummary> {
  const { from, overwrite: replace, ...options } = values
  if (from.length === 0) throw inputError('report.from', '--from takes at least one file or folder with runs')
  const folder = resolve(options.out)
  refuseTaken(folder, replace)
  const sources = await Promise.all(from.map(readSource))
  const compared = comparable(sources, options)
  const summary = summarized(compared, folder)
  const tables = Object.entries(tablesOf(compared.config, compared.outcomes))
  await mkdir(folder, { recursive: true })
  const page = 'environments' in summary ? renderMatrixReport(summary) : renderBenchmarkReport(summary)
  await writeAtomic(join(folder, PAGE), page)
  for (const [name, content] of tables) await writeAtomic(join(folder, name), content)
  await writeAtomic(join(folder, SUMMARY), `${JSON.stringify(summary, null, 2)}\n`)
  return summary
}

/** A run's folder keeps its own report, and an older report is replaced on request. */
function refuseTaken(folder: string, replace: boolean): void {
  if (existsSync(join(folder, 'config.json')))
    throw inputError(
      'report.run-folder',
      `${folder} is a run's folder, which has its own report: choose another --out`,
    )
  if (!replace && [PAGE, SUMMARY, ...TABLES].some(name => existsSync(join(folder, name))))
    throw inputError(
      'report.exists',
      `${folder} has a report already: choose another --out, or add --overwrite`,
    )
}

/** A report's end for people. */
export function reportWords(summary: JoinedSummary): string {
  const words = 'environments' in summary ? matrixWords(summary) : benchmarkWords(summary)
  const { measured, notes } = summary.joined
  return [`${measured}:`, words, ...notes.map(note => `note: ${note}`)].join('\n')
}

import type { Command } from 'commander'
import { inputError } from '../common/error.ts'
import type { DataInspection } from '../data/summary/inspect.ts'
import { type Io, printResult } from './command.ts'

/** `layergym check-data`: says what a dataset holds and what is odd about it; errors exit with 2, warnings pass. */
export function checkDataCommand(program: Command, io: Io): void {
  program
    .command('check-data <data>')
    .description('say what a dataset holds, and what is odd: classes, boxes, sizes, splits, near-duplicates')
    .option('--group-column <name>', "the manifest's column that says which items are of one recording")
    .option('--json', 'print the result as JSON, alone, on stdout')
    .action(async (data: string, options: CheckOptions) => {
      const { loadDataset } = await import('../data/load.ts')
      const { inspectDataset } = await import('../data/summary/inspect.ts')
      const { summaryLines } = await import('../data/summary/words.ts')
      const { sequenceLine } = await import('../data/summary/sequences.ts')
      const { signal } = io
      const dataset = await loadDataset(data, { groupColumn: options.groupColumn, skipBroken: true, signal })
      const found = await inspectDataset(dataset, signal)
      const errors = found.findings.filter(({ severity }) => severity === 'error').length
      printResult(io, options, { ok: errors === 0, ...found }, result =>
        inWords(result, [
          ...summaryLines(result.summary),
          ...(result.media.looked === 0 ? [] : [mediaLine(result)]),
          ...(result.sequences === undefined ? [] : [sequenceLine(result.sequences)]),
        ]),
      )
      if (errors > 0)
        throw inputError(
          'data.faults',
          `${data} can't be used as it is: ${errors} ${errors === 1 ? 'error' : 'errors'}`,
        )
    })
}

interface CheckOptions {
  readonly groupColumn?: string
  readonly json?: boolean
}

function inWords({ findings }: DataInspection, lines: readonly string[]): string {
  const odd = findings.map(({ severity, code, message }) => `${severity} ${code}: ${message}`)
  return [...lines, ...(odd.length === 0 ? ['nothing odd was found'] : odd)].join('\n')
}

function mediaLine({ media, summary }: DataInspection): string {
  const sizes = media.sizes.slice(0, 4).map(({ name, count }) => `${name} (${count})`)
  const others = media.sizes.length > 4 ? ` and ${media.sizes.length - 4} other sizes` : ''
  const { rates, seconds } = media
  const clips =
    rates === undefined || seconds === undefined
      ? ''
      : `; ${between(rates.least, rates.most)} frames a second, ${seconds.median.toFixed(1)} s in the median`
  const part =
    media.looked < summary.items - summary.sequences ? ` (of ${media.looked} that were looked at)` : ''
  return `files: ${sizes.join(', ')}${others}${clips}${part}`
}

function between(least: number, most: number): string {
  const [from, to] = [least, most].map(rate => String(Math.round(rate * 100) / 100))
  return from === to ? from : `${from} to ${to}`
}

import { median } from '../../../src/common/quantile.ts'
import { table } from '../../support/measure.ts'
import type { Page, Raw } from '../redraw.ts'

/** A run of the same eight units by one process, and by two. */
export interface WorkersRow {
  /** Seconds of the whole command. */
  readonly alone: number
  readonly two: number
  /** Resident sets at their highest, MiB: the lone process, and the larger one of two workers. */
  readonly aloneMemory: number
  readonly workerMemory: number
  /** Whether both came to one hash. */
  readonly same: boolean
  /** Processes that wanted a core when it began, beside it. */
  readonly load: number
}

/** Units of simulated time that so many simulated workers have taken from a queue and finished. */
export interface QueueRow {
  readonly kind: 'memory' | 'folder' | 'redis'
  readonly milliseconds: number
  readonly workers: number
  readonly units: number
  readonly seconds: number
  /** Share of the time that the units alone would take. */
  readonly efficiency: number
  /** Processes that wanted a core when it began, beside it. */
  readonly load: number
}

export const workers: Page = { tables: { processes, queues } }

function processes(raw: Raw): string {
  const rows = raw<WorkersRow>('workers')
  if (rows.length === 0) return 'Not measured yet on a machine that does nothing else.'
  const ratio = (row: WorkersRow) => row.two / row.alone
  const share = (row: WorkersRow) => row.workerMemory / row.aloneMemory
  const drawn = rows.map((row, i) => [
    String(i + 1),
    ...[row.alone.toFixed(1), row.two.toFixed(1), ratio(row).toFixed(2)],
    ...[row.aloneMemory.toFixed(0), row.workerMemory.toFixed(0), share(row).toFixed(2)],
    ...[row.same ? 'one' : 'two', row.load.toFixed(1)],
  ])
  const medians = [
    'median',
    '',
    '',
    median(rows.map(ratio)).toFixed(2),
    '',
    '',
    median(rows.map(share)).toFixed(2),
    '',
    '',
  ]
  return table(
    [
      ...['round', 'one process, s', 'two, s', 'ratio'],
      ...['resident set alone, MiB', 'a worker, MiB', 'ratio ', 'hashes', 'load before'],
    ],
    [...drawn, medians],
  )
}

const NAMES = { memory: "memory (one machine's own workers)", folder: 'folder', redis: 'Redis' } as const
const COUNTS = [1, 4, 16, 64] as const

function queues(raw: Raw): string {
  const rows = raw<QueueRow>('queues')
  const drawn = Object.entries(NAMES).flatMap(([kind, name]) =>
    [50, 500].map(milliseconds => {
      const own = rows.filter(row => row.kind === kind && row.milliseconds === milliseconds)
      const at = (count: number) => own.find(row => row.workers === count)
      const shares = COUNTS.map(count => `${(100 * (at(count)?.efficiency ?? Number.NaN)).toFixed(0)} %`)
      const { units, seconds, load } = at(64) ?? { units: Number.NaN, seconds: 1, load: Number.NaN }
      return [name, `${milliseconds} ms`, ...shares, (units / seconds).toFixed(0), load.toFixed(0)]
    }),
  )
  return table(['queue', 'unit', '1 worker', '4', '16', '64', 'units/s at 64', 'load before'], drawn)
}

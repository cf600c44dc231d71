import { appendFile, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { csvField } from '../../common/csv.ts'
import { inTurn } from '../../common/in-turn.ts'
import { names } from '../../common/settings.ts'
import { writeAtomic } from './atomic.ts'
import { isRecorded, type RunEvent } from './events.ts'
import { type Figures, figuresOf } from './figures.ts'
import { TensorBoardWriter } from './tensorboard.ts'

const FORMATS = ['tensorboard', 'csv'] as const

/** How a run's figures are written beside its log, for other tools. */
export const logShape = {
  log: names(z.enum(FORMATS))
    .default([])
    .describe("figures for other tools beside the run's own log: tensorboard, csv, or both"),
}

export type LogFormat = (typeof FORMATS)[number]

const HEAD = 'time,unit,figure,step,value\n'
const BOARDS = 'tensorboard'

interface Options {
  readonly dir: string
  /** The run's own log: what stands there is told again first. */
  readonly log: string
  readonly formats: readonly LogFormat[]
}

/** A run's figures, as they come, in `figures.csv` (a line a figure) and in TensorBoard's files. */
export class FigureLog {
  private readonly turn = inTurn()
  private runs = 0
  private failed?: unknown
  private board?: Promise<TensorBoardWriter>

  private constructor(private readonly options: Options) {}

  /** Of a run that goes on, both are made anew from its log: what happens again is not told twice. */
  static async open(options: Options): Promise<FigureLog> {
    const { dir, log, formats } = options
    const made = new FigureLog(options)
    if (formats.includes('csv')) await writeAtomic(made.table, HEAD)
    if (formats.includes('tensorboard')) await rm(join(dir, BOARDS), { recursive: true, force: true })
    const text = await readFile(join(dir, log), 'utf8').catch(() => '')
    for (const line of text.split('\n').slice(0, -1)) {
      const event = JSON.parse(line) as RunEvent & { readonly time: string; readonly unit?: string }
      made.take(event, event.unit, Date.parse(event.time))
    }
    return made
  }

  /** @param time milliseconds since 1970 */
  take(event: RunEvent, unit: string | undefined, time: number): void {
    if (!isRecorded(event)) return
    const figures = figuresOf(event, this.runs)
    if (event.type === 'run') this.runs++
    if (figures === undefined) return
    this.turn(() => this.write(figures, unit, time)).catch(error => {
      this.failed ??= error
    })
  }

  /** @throws what went wrong on the way: a full disk */
  async close(): Promise<void> {
    await this.turn(async () => (await this.board)?.close())
    if (this.failed !== undefined) throw this.failed
  }

  private async write({ step, values }: Figures, unit = '', time: number): Promise<void> {
    const { dir, formats } = this.options
    if (formats.includes('csv')) {
      const at = new Date(time).toISOString()
      const lines = Object.entries(values).map(([name, value]) =>
        [at, csvField(unit), csvField(name), step, value].join(','),
      )
      await appendFile(this.table, lines.map(line => `${line}\n`).join(''))
    }
    if (!formats.includes('tensorboard')) return
    this.board ??= TensorBoardWriter.create(join(dir, BOARDS), { now: () => time })
    await (await this.board).scalars(step, time / 1000, values)
  }

  private get table(): string {
    return join(this.options.dir, 'figures.csv')
  }
}

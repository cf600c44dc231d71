import { appendFile, readFile, truncate } from 'node:fs/promises'
import type { Clock } from '../play/roles.ts'
import { isRecorded, type RunEvent } from './events.ts'

/** How far a log had come. */
export interface LogPosition {
  /** The log's file name. */
  readonly log: string
  readonly bytes: number
}

/** What happened in a run: JSON lines with their number from 1 on, the time, and the unit that they are of. */
export class EventLog {
  private seq = 0
  private bytes = 0
  /** Notices and phases that stand in it, by unit: they are said again by whoever goes on with the unit. */
  private readonly said = new Set<string>()
  /** Events that are on their way to the disk, in order. */
  private recorded: Promise<void> = Promise.resolve()

  constructor(
    private readonly path: string,
    /** Of its file. */
    readonly name: string,
    private readonly clock: Clock,
  ) {}

  /** After the events before it. Need not be awaited: what fails is thrown by the next `position` too. */
  record(event: RunEvent, unit?: string): Promise<void> {
    if (!isRecorded(event) || this.isKnown(event, unit)) return this.recorded
    this.recorded = this.recorded.then(() => this.append(event, unit))
    this.recorded.catch(() => undefined)
    return this.recorded
  }

  /** Where it stands once everything before is on the disk. */
  async position(): Promise<LogPosition> {
    await this.recorded
    return { log: this.name, bytes: this.bytes }
  }

  /** Cuts off what comes after a position: it will happen again. A line that is half written goes too. */
  async cutTo(bytes: number): Promise<void> {
    const content = await readFile(this.path).catch(() => Buffer.alloc(0))
    const end = content.subarray(0, bytes).lastIndexOf('\n') + 1
    const lines = content.subarray(0, end).toString('utf8').split('\n').slice(0, -1)
    await appendFile(this.path, '')
    await truncate(this.path, end)
    this.bytes = end
    this.seq = lines.length
    for (const line of lines) {
      const event = JSON.parse(line) as RunEvent & { readonly unit?: string }
      this.isKnown(event, event.unit)
    }
  }

  /** Whether it is a notice or a phase that stands there; from now on it does. */
  private isKnown(event: RunEvent, unit: string | undefined): boolean {
    if (event.type !== 'notice' && event.type !== 'phase') return false
    const key = JSON.stringify([unit, event.type === 'notice' ? event.message : { phase: event.phase }])
    if (this.said.has(key)) return true
    this.said.add(key)
    return false
  }

  private async append(event: RunEvent, unit: string | undefined): Promise<void> {
    const time = new Date(this.clock()).toISOString()
    const line = `${JSON.stringify({ seq: this.seq + 1, time, ...(unit !== undefined && { unit }), ...event })}\n`
    await appendFile(this.path, line).catch(async error => {
      await truncate(this.path, this.bytes).catch(() => undefined) // no half line, where the disk is full
      throw error
    })
    this.seq++
    this.bytes += Buffer.byteLength(line)
  }
}

import { readFile } from 'node:fs/promises'
import { failure, type LayergymError } from '../common/error.ts'

export interface WatchdogOptions {
  /** Of the decoder; undefined before it runs. */
  readonly pid: () => number | undefined
  readonly onStall: () => void
  /** Milliseconds between two looks. */
  readonly tick?: number
  /** What a process has done; undefined where the system doesn't tell. */
  readonly activityOf?: (pid: number) => Promise<Activity | undefined>
}

export interface Activity {
  readonly cpu: number
  /** Stopped by a signal or a debugger: it can't work, whoever is to blame. */
  readonly stopped: boolean
}

const TICK = 5_000
/** Looks in a row without a sign of life after which a decoder hangs. */
const QUIET = 24
/** CPU seconds that a decoder may use without giving anything: a long way from one key frame to a late piece. */
const MOST_CPU = 300

/**
 * Ends a decoder that hangs. What counts is its own progress: bytes that it gives, or CPU time that it gets; a machine
 * that is busy, suspended or stopped makes everything late and nothing hang, so looks are counted, not seconds.
 */
export class Watchdog {
  /** Whether the decoder hung. */
  hung = false
  private readonly timer: NodeJS.Timeout
  private quiet = 0
  private cpu = 0
  private cpuAtProgress = 0
  private progressed = true
  private paused = false

  constructor(private readonly options: WatchdogOptions) {
    this.timer = setInterval(() => void this.look(), options.tick ?? TICK)
    this.timer.unref()
  }

  /** Something came from the decoder. */
  progress(): void {
    this.progressed = true
  }

  /** While nobody takes what the decoder gives, it may wait for ever. */
  pause(paused: boolean): void {
    this.paused = paused
    this.progressed = true
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private async look(): Promise<void> {
    const pid = this.options.pid()
    const activity = pid === undefined ? undefined : await (this.options.activityOf ?? activityOf)(pid)
    const cpu = activity?.cpu ?? this.cpu
    const worked = cpu > this.cpu
    this.cpu = cpu
    if (this.progressed || this.paused) {
      this.progressed = false
      this.quiet = 0
      this.cpuAtProgress = cpu
      return
    }
    if (activity?.stopped) return
    this.quiet = worked ? 0 : this.quiet + 1
    if (this.quiet < QUIET && cpu - this.cpuAtProgress < MOST_CPU) return
    this.stop()
    this.hung = true
    this.options.onStall()
  }
}

/** A failure of the work, not of the file: the clip is never left out for it. */
export function stalled(path: string): LayergymError {
  return failure(
    'decoder.stalled',
    `decoding ${path} hangs: ffmpeg gave nothing and used no CPU time for two minutes (or ${MOST_CPU} s of CPU time for nothing), twice; look whether its disk answers, and run again`,
  )
}

/** What it does, and does once more where the decoder hung. */
export async function twice<A>(work: () => Promise<A>): Promise<A> {
  return work().catch(error => {
    if ((error as Partial<LayergymError>).code !== 'decoder.stalled') throw error
    return work()
  })
}

/** By Linux's own count, in hundredths of a second; other systems are asked nothing. */
async function activityOf(pid: number): Promise<Activity | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return undefined
  // The name in parentheses may hold anything; state, utime and stime are the 1st, 12th and 13th after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, stopped: /^[Tt]$/.test(fields[0]) }
}

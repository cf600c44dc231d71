import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Rng } from '../../src/common/random.ts'

const WORKER = fileURLToPath(new URL('toy-worker.ts', import.meta.url))

interface Options {
  readonly workers: number
  /** Of the schedule of faults. */
  readonly seed: number
  /** Milliseconds of a lease. */
  readonly lease: number
  /** What workers' processes run; default: toy units. */
  readonly entry?: string
}

/** Workers that come and go: what a cluster does to them. */
export class Cluster {
  private readonly rng: Rng
  private readonly workers: ChildProcess[] = []
  private readonly asleep = new Set<ChildProcess>()
  killed = 0
  /** Those that slept past their leases and woke. */
  woken = 0

  constructor(
    private readonly url: string,
    private readonly options: Options,
  ) {
    this.rng = Rng.of(options.seed, 'faults')
    for (let i = 0; i < options.workers; i++) this.begin()
  }

  /** A worker whose clock is up to a minute off. */
  private begin(): void {
    const { lease, entry } = this.options
    const skew = String((this.rng.next() - 0.5) * 120_000)
    const argv = ['--import', 'tsx', WORKER, this.url, String(lease), skew, ...(entry ? [entry] : [])]
    this.workers.push(spawn(process.execPath, argv, { stdio: 'ignore' }))
  }

  /** Ends one as a machine ends that loses its power, its child with it; another comes. */
  kill(): void {
    const worker = this.chosen()
    this.workers.splice(this.workers.indexOf(worker), 1)
    worker.kill('SIGKILL')
    this.killed++
    this.begin()
  }

  /** Halts one, with its child, until its lease is another's for long. */
  async halt(): Promise<void> {
    const worker = this.chosen()
    this.asleep.add(worker)
    const pids = [Number(worker.pid), ...childrenOf(Number(worker.pid))]
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    await pause(3 * this.options.lease)
    for (const pid of pids) process.kill(pid, 'SIGCONT')
    this.asleep.delete(worker)
    this.woken++
  }

  /** Those that ended by themselves. */
  get lost(): number {
    return this.workers.filter(({ exitCode }) => exitCode !== null).length
  }

  async end(): Promise<void> {
    const there = this.workers.filter(({ exitCode }) => exitCode === null)
    const ends = there.map(worker => new Promise(resolve => worker.once('exit', resolve)))
    for (const worker of there) worker.kill('SIGKILL')
    await Promise.all(ends)
  }

  private chosen(): ChildProcess {
    const awake = this.workers.filter(worker => !this.asleep.has(worker))
    return awake[this.rng.int(awake.length)]
  }
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').filter(Boolean).map(Number)
}

/** Between a run and its server: can be cut. */
export class Wire {
  private readonly sockets = new Set<Socket>()
  private isCut = false
  private readonly server: Server

  constructor(to: number) {
    this.server = createServer(near => {
      if (this.isCut) return near.destroy()
      const far = dial(to, '127.0.0.1')
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(one)
        one.on('error', () => undefined)
        one.on('close', () => other.destroy())
        one.pipe(other)
      }
    })
  }

  port(): Promise<number> {
    return new Promise(resolve =>
      this.server.listen(0, '127.0.0.1', () => resolve((this.server.address() as { port: number }).port)),
    )
  }

  async cut(milliseconds: number): Promise<void> {
    this.isCut = true
    for (const socket of this.sockets) socket.destroy()
    await pause(milliseconds)
    this.isCut = false
  }

  close(): void {
    this.server.close()
    for (const socket of this.sockets) socket.destroy()
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { begin } from '../../../src/runner/runs/drive.ts'
import { concluded } from '../../../src/runner/runs/job.ts'
import { hiring } from '../../../src/runner/workers/crew.ts'
import { FolderQueue } from '../../../src/runner/workers/folder-queue.ts'
import type { TrialQueue } from '../../../src/runner/workers/queue.ts'
import { RedisQueue } from '../../../src/runner/workers/redis-queue.ts'
import { HAS_REDIS, RedisServer } from '../../support/redis.ts'
import { toyHooks } from '../../support/toy-job.ts'
import { toyUnits } from '../../support/toy-units.ts'

const UNITS = Number(process.env.FAULT_UNITS ?? 200)
const WORKERS = Number(process.env.FAULT_WORKERS ?? 8)
const LEASE = 2000
/** Another schedule of kills each time, unless it is said which. */
const SEED = Number(process.env.FAULT_SEED ?? 1)

const root = mkdtempSync(join(tmpdir(), 'layergym-faults-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const WORKER = fileURLToPath(new URL('../../support/toy-worker.ts', import.meta.url))
const VALUES = { units: UNITS, milliseconds: 40, groups: 4 }

/** Workers that come and go: what a cluster does to them. */
class Cluster {
  private readonly rng = Rng.of(SEED, 'faults')
  readonly workers: ChildProcess[] = []
  killed = 0
  halted = 0

  constructor(private readonly url: string) {
    for (let i = 0; i < WORKERS; i++) this.begin()
  }

  /** A worker whose clock is up to a minute off. */
  private begin(): void {
    const skew = String((this.rng.next() - 0.5) * 120_000)
    const argv = ['--import', 'tsx', WORKER, this.url, String(LEASE), skew]
    this.workers.push(spawn(process.execPath, argv, { stdio: 'ignore' }))
  }

  /** Ends one as a machine ends that loses its power, its child with it; another comes. */
  kill(): void {
    const [worker] = this.workers.splice(this.rng.int(this.workers.length), 1)
    worker.kill('SIGKILL')
    this.killed++
    this.begin()
  }

  /** Halts one, with its child, until its lease is another's for long. */
  async halt(): Promise<void> {
    const worker = this.workers[this.rng.int(this.workers.length)]
    for (const pid of [worker.pid as number, ...childrenOf(worker.pid as number)])
      process.kill(pid, 'SIGSTOP')
    this.halted++
    await pause(3 * LEASE)
    for (const pid of [worker.pid as number, ...childrenOf(worker.pid as number)]) {
      try {
        process.kill(pid, 'SIGCONT')
      } catch {} // killed meanwhile
    }
  }

  async end(): Promise<void> {
    const ends = this.workers.map(worker => new Promise(resolve => worker.once('exit', resolve)))
    for (const worker of this.workers) worker.kill('SIGKILL')
    await Promise.all(ends)
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number)
  } catch {
    return []
  }
}

/** Between a run and its server: can be cut. */
class Wire {
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

async function serial() {
  const out = mkdtempSync(join(root, 'serial-'))
  return concluded(await begin(toyUnits, { ...VALUES, milliseconds: 0, workers: 1, out }, toyHooks()))
}

/** Runs over a queue while faults go on, and expects what one process alone comes to. */
async function underFaults(
  name: string,
  url: string,
  queue: TrialQueue,
  faults: (cluster: Cluster) => Promise<void>,
) {
  const expected = await serial()
  const cluster = new Cluster(url)
  const out = join(root, name)
  try {
    const hire = hiring({ queue })
    const run = begin(toyUnits, { ...VALUES, workers: 0, queue: url, out }, { ...toyHooks(), hire })
    const [summary] = await Promise.all([run, faults(cluster)])
    expect(concluded(summary)).toEqual(expected)
    expect(cluster.killed).toBeGreaterThanOrEqual(UNITS / 5)
    expect(cluster.halted).toBe(2)
    const outcomes = readdirSync(join(out, 'outcomes')).filter(each => each.endsWith('.json'))
    expect(outcomes).toHaveLength(UNITS)
    const lines = readFileSync(join(out, 'events.jsonl'), 'utf8').trimEnd().split('\n')
    const done = lines
      .map(line => JSON.parse(line))
      .filter(({ type, state }) => type === 'worker' && state === 'done')
    expect(new Set(done.map(({ order }) => order)).size).toBe(UNITS)
    expect(done).toHaveLength(UNITS)
  } finally {
    await cluster.end()
  }
}

/** A fifth as many kills as units, two that sleep longer than their leases. */
async function killsAndSleepers(cluster: Cluster): Promise<void> {
  const rng = Rng.of(SEED, 'schedule')
  await pause(4000)
  const sleepers = [cluster.halt(), pause(1500).then(() => cluster.halt())]
  while (cluster.killed < UNITS / 5) {
    await pause(rng.next() * 300)
    cluster.kill()
  }
  await Promise.all(sleepers)
}

describe('200 units, eight workers, a fifth killed, two asleep, clocks a minute off', () => {
  test('over a folder: nothing is lost, nothing counted twice', async () => {
    const dir = join(root, 'queue')
    const queue = new FolderQueue(dir, { leaseTime: LEASE })
    await underFaults('folder', `file:${dir}`, queue, killsAndSleepers)
    const left = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    expect(left.filter(name => /^(tasks|results)\/.*json$/.test(name))).toEqual([])
  })

  test.skipIf(!HAS_REDIS)(
    'over Redis, which starts anew twice, once without its memory, and is cut off',
    async () => {
      const server = await RedisServer.start()
      const wire = new Wire(server.port)
      try {
        const near = `redis://127.0.0.1:${await wire.port()}`
        const queue = new RedisQueue(new URL(near), { leaseTime: LEASE })
        await underFaults('redis', server.url, queue, async cluster => {
          const outages = async () => {
            await pause(5000)
            await server.down()
            await server.up()
            await pause(3000)
            await wire.cut(2000)
            await server.down(true)
            await server.up()
          }
          await Promise.all([killsAndSleepers(cluster), outages()])
        })
      } finally {
        wire.close()
        await server.stop()
      }
    },
  )
})

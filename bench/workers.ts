/**
 * Workers. First what they bring: eight units of real training with one thread each, by one process and by two, with the
 * resident set of each worker beside that of the run that does all alone. Then what a queue bears: units of simulated
 * time, by up to 64 simulated workers of one process, over memory, a folder and Redis (where there is a redis-server).
 *   npm run bench -- workers                          both
 *   npm run bench -- workers --keep && npm run results    and draws docs/results/workers.md anew
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { median } from '../src/common/quantile.ts'
import { FolderQueue } from '../src/runner/workers/folder-queue.ts'
import { MemoryQueue } from '../src/runner/workers/memory-queue.ts'
import type { TrialQueue } from '../src/runner/workers/queue.ts'
import { RedisQueue } from '../src/runner/workers/redis-queue.ts'
import { HAS_REDIS, RedisServer } from '../test/support/redis.ts'
import { table } from './support/measure.ts'
import type { QueueRow, WorkersRow } from './tables/pages/workers.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'layergym-bench-'))

console.log(`${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}\n`)
kept('workers', await realUnits())
kept('queues', await simulated())
rmSync(root, { recursive: true, force: true })

function kept(name: string, rows: readonly object[]): void {
  if (!process.argv.includes('--keep')) return
  const path = join(ROOT, 'docs', 'results', 'raw', `${name}.jsonl`)
  writeFileSync(path, rows.map(row => `${JSON.stringify(row)}\n`).join(''))
}

/** Eight outcomes of a study: two contenders on four seeds of the shipped clips. */
async function realUnits(): Promise<readonly WorkersRow[]> {
  const config = join(root, 'study.yaml')
  writeFileSync(config, JSON.stringify(studyOf()))
  // Decodes the clips, and what else is made once.
  await timed(config, 1, 'warm-up', 1)
  const rows: WorkersRow[] = []
  for (let round = 0; round < 3; round++) {
    const [load] = loadavg()
    const one = await timed(config, 1, `one-${round}`)
    const two = await timed(config, 2, `two-${round}`)
    rows.push({
      ...{ alone: one.seconds, two: two.seconds, same: one.hash === two.hash, load },
      ...{ aloneMemory: one.own / 2 ** 20, workerMemory: Math.max(...two.children) / 2 ** 20 },
    })
  }
  const shown = rows.map((row, i) => [
    i + 1,
    ...[row.alone.toFixed(1), row.two.toFixed(1), (row.two / row.alone).toFixed(2)],
    ...[row.aloneMemory.toFixed(0), row.workerMemory.toFixed(0), row.same ? 1 : 2],
  ])
  console.log(
    table(['round', 'one process, s', 'two, s', 'ratio', 'alone, MiB', 'a worker, MiB', 'hashes'], shown),
  )
  const ratio = median(rows.map(({ alone, two }) => two / alone))
  const share = median(rows.map(({ aloneMemory, workerMemory }) => workerMemory / aloneMemory))
  console.log(`medians: ${ratio.toFixed(2)} of one process's time (to reach: 0.55),`)
  console.log(`${share.toFixed(2)} of its resident set (to reach: 1.2)\n`)
  return rows
}

function studyOf() {
  const settings = {
    model: join(ROOT, 'models', 'mnist_cnn'),
    cache: join(root, 'cache'),
    ...{ groups: 2, frames: 8, size: 28, 'batch-size': 8, 'budget-steps': 400, threads: 1 },
  }
  return {
    settings,
    'held-out': { commands: { data: join(ROOT, 'data', 'grid_command') } },
    contenders: { full: { schedule: 'fullFineTune' }, lpft: { schedule: 'lpFt' } },
    seeds: 4,
  }
}

async function timed(config: string, workers: number, name: string, seeds = 4) {
  const argv = ['study', '--config', config, '--workers', String(workers), '--seeds', String(seeds), '--json']
  const start = performance.now()
  const child = spawn(
    process.execPath,
    [join(ROOT, 'bin', 'layergym.mjs'), ...argv, '--out', join(root, name)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let out = ''
  child.stdout?.on('data', data => {
    out += data
  })
  const { own, children } = await watchedMemory(child)
  return { seconds: (performance.now() - start) / 1000, hash: String(JSON.parse(out).hash), own, children }
}

/** Bytes at most of a process and of each of its children, until it ends. */
async function watchedMemory(child: ChildProcess) {
  const most = new Map<number, number>()
  const look = (pid: number) => {
    try {
      const high = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
      most.set(pid, Math.max(most.get(pid) ?? 0, 1024 * Number(high?.[1] ?? 0)))
    } catch {} // it has ended
  }
  const pid = child.pid as number
  const timer = setInterval(() => {
    look(pid)
    try {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
      for (const each of children.split(' ').filter(Boolean)) look(Number(each))
    } catch {} // it has ended
  }, 100)
  await new Promise(resolve => child.once('close', resolve))
  clearInterval(timer)
  const { [pid]: own = 0, ...others } = Object.fromEntries(most)
  return { own, children: Object.values(others) }
}

/** Units that only wait: what is left is the queue's own time. */
async function simulated(): Promise<readonly QueueRow[]> {
  const server = HAS_REDIS ? await RedisServer.start() : undefined
  const kinds: readonly (readonly [QueueRow['kind'], (name: string) => () => TrialQueue])[] = [
    ['memory', () => always(new MemoryQueue())],
    ['folder', name => () => new FolderQueue(join(root, name))],
    ...(server === undefined
      ? []
      : [['redis', (name: string) => () => new RedisQueue(new URL(`${server.url}?name=${name}`))] as const]),
  ]
  const figures: QueueRow[] = []
  for (const [kind, make] of kinds)
    for (const milliseconds of [50, 500])
      for (const workers of [1, 2, 4, 8, 16, 32, 64]) {
        const units = Math.min(1000, Math.max(32, Math.ceil((2000 / milliseconds) * workers)))
        const [load] = loadavg()
        const seconds = await drained(make(`${kind}-${milliseconds}-${workers}`), {
          workers,
          units,
          milliseconds,
        })
        const ideal = (Math.ceil(units / workers) * milliseconds) / 1000
        figures.push({ kind, milliseconds, workers, units, seconds, efficiency: ideal / seconds, load })
      }
  const rows = figures.map(({ kind, milliseconds, workers, units, seconds, efficiency }) => [
    ...[kind, milliseconds, workers, units],
    ...[(units / seconds).toFixed(0), (100 * efficiency).toFixed(0)],
  ])
  console.log(table(['queue', 'unit, ms', 'workers', 'units', 'units/s', 'of the ideal, %'], rows))
  await server?.stop()
  return figures
}

interface Load {
  readonly workers: number
  readonly units: number
  readonly milliseconds: number
}

/** Seconds from the first put to the last result; every worker has a queue of its own to speak to. */
async function drained(open: () => TrialQueue, { workers, units, milliseconds }: Load): Promise<number> {
  const own = open()
  const ids = Array.from({ length: units }, (_, i) =>
    createHash('sha256').update(`${i}`).digest('hex').slice(0, 32),
  )
  const content = JSON.stringify({ config: 'x'.repeat(2000) })
  for (const id of ids) await own.put({ id, group: '', content })
  const start = performance.now()
  const queues = Array.from({ length: workers }, open)
  await Promise.all(
    queues.map(async queue => {
      for (;;) {
        const lease = await queue.take({ worker: '' })
        if (lease === undefined) return
        await pause(milliseconds)
        await queue.finish(lease, content)
      }
    }),
  )
  const seconds = (performance.now() - start) / 1000
  const found = await own.results(ids)
  if (found.size !== units) throw new Error(`${found.size} results of ${units}`)
  for (const queue of [...queues, own]) await queue.close()
  return seconds
}

function always<T>(value: T): () => T {
  return () => value
}

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { studyJob } from '../../../src/runner/jobs/study/job.ts'
import { tabulateJob } from '../../../src/runner/jobs/tabulate/job.ts'
import type { Hire } from '../../../src/runner/runs/crew.ts'
import { begin } from '../../../src/runner/runs/drive.ts'
import { concluded } from '../../../src/runner/runs/job.ts'
import { ENTRY, hiring } from '../../../src/runner/workers/crew.ts'
import { FolderQueue } from '../../../src/runner/workers/folder-queue.ts'
import type { TrialQueue } from '../../../src/runner/workers/queue.ts'
import { RedisQueue } from '../../../src/runner/workers/redis-queue.ts'
import { Cluster, Wire } from '../../support/cluster.ts'
import { CACHE, MODEL, writeManifest } from '../../support/e2e.ts'
import { HAS_REDIS, RedisServer } from '../../support/redis.ts'
import { toyHooks } from '../../support/toy-job.ts'
import { toyUnits } from '../../support/toy-units.ts'

const number = (name: string, usual: number) => Number(process.env[`FAULT_${name}`] ?? usual)

const UNITS = number('UNITS', 200)
const WORKERS = number('WORKERS', 8)
const MILLISECONDS = number('MILLISECONDS', 1000)
/** Seeds of each of the study's two instances, with two contenders. */
const STUDY_SEEDS = number('STUDY_SEEDS', 5)
/** Another schedule of kills each time, unless it is said which. */
const SEED = number('SEED', 1)
/** How kills come: one now and then, or half of all workers in one moment. */
const KILLS = process.env.FAULT_KILLS ?? 'single'
const LEASE = 2000

const root = mkdtempSync(join(tmpdir(), 'layergym-faults-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** A run that is to come to the same with and without faults. */
interface Trial {
  readonly units: number
  readonly workers: number
  /** What workers' processes run. */
  readonly entry?: string
  run(
    own: { readonly workers: number; readonly queue?: string; readonly out: string },
    hire?: Hire,
  ): Promise<unknown>
}

const toys: Trial = {
  units: UNITS,
  workers: WORKERS,
  run: async (own, hire) => {
    const milliseconds = hire === undefined ? 0 : MILLISECONDS
    const values = { units: UNITS, groups: 4, milliseconds, ...own }
    return concluded(await begin(toyUnits, values, { ...toyHooks(), hire }))
  },
}

const NET = {
  ...{ model: MODEL, cache: CACHE, groups: 2, frames: 2, size: 28, threads: 1 },
  ...{ batchSize: 4, budgetSteps: 6 },
}

const study: Trial = {
  units: 4 * STUDY_SEEDS,
  workers: Math.ceil(WORKERS / 2),
  entry: ENTRY,
  run: async (own, hire) => {
    const data = (name: string, classes: string[]) => ({
      data: writeManifest(root, { classes, name }),
    })
    const values = {
      settings: { ...NET, roundSteps: 2 },
      heldOut: { one: data('one.csv', ['bin', 'set']), other: data('other.csv', ['lay', 'place']) },
      contenders: { full: { schedule: 'fullFineTune' }, head: { schedule: 'headOnly' } },
      seeds: STUDY_SEEDS,
      ...own,
    }
    const { hash, failed, units } = concluded(await begin(studyJob, values, { ...toyHooks(), hire }))
    return { hash, failed, units }
  },
}

/** Three choices in each of four rounds: nine parts of the tree. */
const tree: Trial = {
  units: 9,
  workers: Math.ceil(WORKERS / 2),
  entry: ENTRY,
  run: async (own, hire) => {
    const values = { ...NET, data: writeManifest(root), budgetSteps: 12, depth: 4, ...own }
    const { hash, best, runs } = concluded(await begin(tabulateJob, values, { ...toyHooks(), hire }))
    return { hash, best, runs }
  },
}

/** Runs over a queue while faults go on, and expects what one process alone comes to. */
async function underFaults(
  trial: Trial,
  url: string,
  queue: TrialQueue,
  faults: (cluster: Cluster, isOver: () => boolean) => Promise<void>,
) {
  const expected = await trial.run({ workers: 1, out: mkdtempSync(join(root, 'serial-')) })
  const { workers, entry, units } = trial
  const cluster = new Cluster(url, { workers, entry, seed: SEED, lease: LEASE })
  const out = mkdtempSync(join(root, 'run-'))
  let over = false
  try {
    const run = trial.run({ workers: 0, queue: url, out }, hiring({ queue })).finally(() => {
      over = true
    })
    const [summary] = await Promise.all([run, faults(cluster, () => over)])
    expect(summary).toEqual(expected)
    // While there was work to do.
    expect(cluster.killed).toBe(Math.ceil(units / 5))
    expect(cluster.woken).toBe(2)
    expect(cluster.lost).toBe(0)
    const outcomes = readdirSync(join(out, 'outcomes')).filter(each => each.endsWith('.json'))
    expect(outcomes).toHaveLength(units)
    const lines = readFileSync(join(out, 'events.jsonl'), 'utf8').trimEnd().split('\n')
    const done = lines
      .map(line => JSON.parse(line))
      .filter(({ type, state }) => type === 'worker' && state === 'done')
    expect(new Set(done.map(({ order }) => order)).size).toBe(units)
    expect(done).toHaveLength(units)
  } finally {
    await cluster.end()
  }
}

/** A fifth as many kills as units, and two that sleep longer than their leases; nothing any more once the run is over. */
const killsAndSleepers =
  ({ units, workers }: Trial) =>
  async (cluster: Cluster, isOver: () => boolean): Promise<void> => {
    const rng = Rng.of(SEED, 'schedule')
    await pause(4000)
    const sleepers = [cluster.halt(), pause(1500).then(() => cluster.halt())]
    const atOnce = KILLS === 'halves' ? Math.floor(workers / 2) : 1
    const left = () => Math.ceil(units / 5) - cluster.killed
    while (left() > 0 && !isOver()) {
      await pause(rng.next() * 1200 * atOnce)
      for (let i = Math.min(atOnce, left()); i > 0 && !isOver(); i--) cluster.kill()
    }
    await Promise.all(sleepers)
  }

describe.each([
  ['200 toy units, eight workers', toys],
  ['a study, four workers', study],
  ['a tree of courses, four workers', tree],
] as const)('%s, a fifth as many kills as units, two asleep, clocks a minute off', (_, trial) => {
  test('over a folder: nothing is lost, nothing counted twice', async () => {
    const dir = mkdtempSync(join(root, 'queue-'))
    const queue = new FolderQueue(dir, { leaseTime: LEASE })
    await underFaults(trial, `file:${dir}`, queue, killsAndSleepers(trial))
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
        await underFaults(trial, server.url, queue, async (cluster, isOver) => {
          const outages = async () => {
            await pause(5000)
            await server.down()
            await server.up()
            await pause(3000)
            await wire.cut(2000)
            await server.down(true)
            await server.up()
          }
          await Promise.all([killsAndSleepers(trial)(cluster, isOver), outages()])
        })
      } finally {
        wire.close()
        await server.stop()
      }
    },
  )
})

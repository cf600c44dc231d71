import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { FineTuneSummary } from '../../src/runner/jobs/fine-tune/summary.ts'
import {
  eventsOf,
  layergym,
  smallRun,
  start,
  summaryOf,
  timeless,
  workspace,
  writeManifest,
} from '../support/e2e.ts'

const folder = workspace()
writeManifest(folder)
let count = 0
const fresh = () => join(folder, `run-${++count}`)
let reference: FineTuneSummary

beforeAll(async () => {
  // Whoever decodes says by what: clips are in the cache before anything is compared.
  await summaryOf(smallRun(folder, { out: fresh(), episodes: 0, baselines: 'none' }))
  reference = await summaryOf(smallRun(folder, { out: fresh() }))
})

async function resumed(dir: string): Promise<FineTuneSummary> {
  return summaryOf(['resume', dir, '--json'])
}

function expectSameAsReference(summary: FineTuneSummary): void {
  expect(summary.hash).toBe(reference.hash)
  expect(timeless(summary)).toEqual(timeless(reference))
  expect(timeless(eventsOf(summary.runDir))).toEqual(timeless(eventsOf(reference.runDir)))
  expect(readFileSync(join(summary.runDir, 'policy.json'), 'utf8')).toBe(
    readFileSync(join(reference.runDir, 'policy.json'), 'utf8'),
  )
  const left = readdirSync(summary.runDir, { recursive: true }).map(String)
  expect(left.filter(name => name.endsWith('.partial'))).toEqual([])
}

/** Whoever did the units: the log also says who. */
function expectSameOutcome(summary: FineTuneSummary): void {
  expect(summary.hash).toBe(reference.hash)
  expect(summary.episodes.map(e => timeless(e))).toEqual(reference.episodes.map(e => timeless(e)))
  expect(readFileSync(join(summary.runDir, 'policy.json'), 'utf8')).toBe(
    readFileSync(join(reference.runDir, 'policy.json'), 'utf8'),
  )
}

describe('the hash', () => {
  test('is the same for the same seed', async () => {
    expectSameAsReference(await summaryOf(smallRun(folder, { out: fresh() })))
  })

  test('is another for another seed', async () => {
    const other = await summaryOf(smallRun(folder, { out: fresh(), seed: 2 }))
    expect(other.hash).not.toBe(reference.hash)
  })

  test('is the same with two workers', { timeout: 180_000 }, async () => {
    const summary = await summaryOf(smallRun(folder, { out: fresh(), workers: 2 }))
    expectSameOutcome(summary)
    // What is said of a run is said once, however many compose it.
    const said = eventsOf(summary.runDir).flatMap(event => (event.type === 'notice' ? [event.message] : []))
    expect(said).toHaveLength(new Set(said).size)
  })

  test('does not depend on where the clips and the run lie, or how often it is saved', async () => {
    const summary = await summaryOf(smallRun(folder, { out: fresh(), 'checkpoint-every': 4 }))
    expect(summary.hash).toBe(reference.hash)
  })
})

describe('interrupted and resumed', () => {
  test.each([
    [
      'in the middle of an update, in the last episode, after the greedy run',
      [/^episode 1:/, /^episode 5:/, /^greedy run/],
    ],
    [
      'in the search of a baseline, after an update, in the greedy run',
      [/^linear probe:/, /^episode 2:/, /^episode 6/],
    ],
    ['in the final runs', [/^final runs/]],
  ])('%s; moved each time', async (_name, moments) => {
    let dir = fresh()
    let argv: readonly string[] = smallRun(folder, { out: dir })
    for (const moment of moments) {
      const { code, out, err } = await layergym(argv, (text, abort) => {
        if (moment.test(text)) abort()
      })
      expect(code, `${moment} ${err}`).toBe(130)
      // The last run may end before it looks at the signal: then the whole is done.
      if (out === '') expect(err).toContain(`layergym resume ${dir}`)
      else expect(JSON.parse(out).hash).toBe(reference.hash)
      const moved = join(fresh(), 'elsewhere')
      mkdirSync(dirname(moved))
      renameSync(dir, moved)
      dir = moved
      argv = ['resume', dir, '--json']
    }
    expectSameAsReference(await resumed(dir))
  })

  test('more than once, with a checkpoint only every fourth episode', async () => {
    const dir = fresh()
    const stop = (moment: RegExp) => (text: string, abort: () => void) => {
      if (moment.test(text)) abort()
    }
    const argv = smallRun(folder, { out: dir, 'checkpoint-every': 4 })
    expect((await layergym(argv, stop(/^episode 3/))).code).toBe(130)
    expect((await layergym(['resume', dir], stop(/^episode 5/))).code).toBe(130)
    expect((await layergym(['resume', dir], stop(/^greedy/))).code).toBe(130)
    const summary = await resumed(dir)
    expect(summary.hash).toBe(reference.hash)
    expect(timeless(eventsOf(dir))).toEqual(timeless(eventsOf(reference.runDir)))
  })

  test('with the newest checkpoint cut short and half an event written', async () => {
    const dir = fresh()
    await layergym(smallRun(folder, { out: dir }), (text, abort) => {
      if (/^episode 4/.test(text)) abort()
    })
    const checkpoints = join(dir, 'checkpoints')
    const names = readdirSync(checkpoints).filter(name => name.startsWith('checkpoint-'))
    const newest = join(checkpoints, names.sort().at(-1) ?? '')
    writeFileSync(newest, readFileSync(newest, 'utf8').slice(0, 1000))
    writeFileSync(join(checkpoints, 'checkpoint-000099.json.partial'), '{"even')
    appendFileSync(join(dir, 'events.jsonl'), '{"type":"episo')
    expectSameAsReference(await resumed(dir))
  })
})

describe('the real process', { timeout: 240_000 }, () => {
  const slow = { 'budget-steps': 6, episodes: 6 }

  test('killed at random moments and resumed from another folder with other threads asked for', async () => {
    const dir = fresh()
    let argv: readonly string[] = smallRun(folder, { out: dir, ...slow })
    let kills = 0
    for (let tries = 0; tries < 3 && !existsSync(join(dir, 'summary.json')); tries++) {
      const { child, finished, text } = start(argv, {
        cwd: tries === 0 ? undefined : tmpdir(),
        env: tries === 0 ? {} : { TF_NUM_INTRAOP_THREADS: '2' },
      })
      const seen = /^(episode \d|greedy|search|linearProbe)/m
      while (child.exitCode === null && !seen.test(text())) await pause(5)
      await pause(Math.random() * 700)
      if (child.exitCode === null && child.kill('SIGKILL')) kills++
      await finished
      if (existsSync(join(dir, 'config.json'))) argv = ['resume', dir, '--json']
    }
    expect(kills).toBeGreaterThan(0)
    expectSameAsReference(await resumed(dir))
  })

  test('says on Ctrl-C how to go on, exits with 130, and goes on', async () => {
    const dir = fresh()
    const { child, finished, text } = start(smallRun(folder, { out: dir, ...slow }))
    while (child.exitCode === null && !/^episode 2/m.test(text())) await pause(5)
    child.kill('SIGINT')
    const { code, out, err } = await finished
    expect(code).toBe(130)
    expect(out).toBe('')
    expect(err).toContain(`layergym resume ${dir}`)
    expectSameAsReference(await resumed(dir))
  })

  test('stopped while it decodes leaves no run folder and promises none', async () => {
    const dir = fresh()
    const { child, finished, text } = start(smallRun(folder, { out: dir, cache: join(folder, 'empty') }))
    while (child.exitCode === null && !text().includes('clips decoded')) await pause(5)
    child.kill('SIGINT')
    const { code, err } = await finished
    expect(code).toBe(130)
    expect(err).not.toContain('layergym resume')
    expect(existsSync(dir)).toBe(false)
  })
})

function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}

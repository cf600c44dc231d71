import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { LOCK } from '../../src/runner/runs/lock.ts'
import { CACHE, eventsOf, layergym, MODEL, smallRun, start, timeless, writeManifest } from './e2e.ts'

/** A small run of each kind, as command-line words without the folder; `long` ones go on for some kills. */
export function smallRuns(folder: string, long = false): Readonly<Record<string, readonly string[]>> {
  const data = writeManifest(folder)
  const config = join(folder, 'many.yaml')
  const settings = {
    ...{ model: MODEL, cache: CACHE, groups: 2, frames: 2, size: 28, 'batch-size': 4 },
    ...{ 'budget-steps': 6, 'round-steps': 2, threads: 1 },
  }
  const contenders = {
    full: { schedule: 'fullFineTune' },
    ppo: { agent: 'ppo', control: 'shared', budget: 4, 'agent-config': { episodesPerUpdate: 1 } },
  }
  const many = {
    settings,
    train: { one: { data } },
    'held-out': { held: { data, size: 24 } },
    contenders,
    seeds: 2,
  }
  writeFileSync(config, JSON.stringify(many))
  const pole = ['--env', 'CartPole-v1', '--eval-episodes', '3', '--json']
  return {
    'fine-tune': smallRun(folder, long ? { 'budget-steps': 12, episodes: 12 } : {}),
    'learn-policy': [
      'learn-policy',
      '--config',
      config,
      '--agent',
      'ppo',
      '--episodes',
      long ? '16' : '6',
      '--workers',
      '1',
      '--json',
    ],
    study: ['study', '--config', config, '--workers', '1', '--json'],
    tabulate: [
      ...['tabulate', '--model', MODEL, '--data', data, '--cache', CACHE, '--groups', '2', '--frames', '2'],
      ...['--size', '28', '--batch-size', '4', '--budget-steps', '6', '--depth', long ? '6' : '3'],
      ...['--threads', '1', '--workers', '1', '--json'],
    ],
    train: [
      'train',
      '--agent',
      'ppo',
      '--steps',
      long ? '30000' : '10000',
      '--checkpoint-every',
      '1000',
      ...pole,
    ],
    benchmark: [
      'benchmark',
      '--agents',
      'ppo,random',
      '--steps',
      long ? '6000' : '3000',
      '--seeds',
      '2',
      '--workers',
      '2',
      ...pole,
    ],
  }
}

interface Answer {
  readonly hash: string
}

export async function answerOf(argv: readonly string[]): Promise<Answer> {
  const { code, out, err } = await layergym(argv)
  expect(code, err).toBe(0)
  return JSON.parse(out) as Answer
}

/**
 * Kills the real process with SIGKILL some times, each time at a random moment after it has taken its folder.
 * @param within milliseconds after which it is dead at the latest
 * @returns how often it was killed before it was done
 */
export async function killed(
  argv: readonly string[],
  dir: string,
  times: number,
  within = 1500,
): Promise<number> {
  let kills = 0
  for (let tries = 0; tries < times && !existsSync(join(dir, 'summary.json')); tries++) {
    const begun = existsSync(join(dir, 'config.json'))
    const { child, finished } = start(begun ? ['resume', dir, '--json'] : [...argv, '--out', dir])
    while (child.exitCode === null && !worksOn(dir, child.pid)) await pause(5)
    await pause(Math.random() * within)
    if (child.exitCode === null && child.kill('SIGKILL')) kills++
    await finished
  }
  return kills
}

/** Whether the process has taken the folder; folder and lock may go between being listed and being read. */
function worksOn(dir: string, pid: number | undefined): boolean {
  try {
    const locks = readdirSync(dir).filter(name => LOCK.test(name))
    return locks.some(name => readFileSync(join(dir, name), 'utf8').includes(`"pid":${pid},`))
  } catch {
    return false
  }
}

/**
 * Two processes do the same at once: one works, the other is told who does, or finds it done.
 * @returns the hash at the end
 */
export async function byTwo(argv: readonly string[]): Promise<string> {
  const ends = await Promise.all([start(argv), start(argv)].map(({ finished }) => finished))
  const done = ends.filter(({ code }) => code === 0)
  expect(done.length, ends.map(({ err }) => err).join('\n')).toBeGreaterThan(0)
  for (const { code, err } of ends)
    if (code !== 0) expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(REFUSED) })
  return (JSON.parse(done[0].out) as Answer).hash
}

const REFUSED = /process \d+ on .* works on|exists already/

/** What the run told, but for when, how fast and by which worker; workers tell in the order in which they come. */
export function told(dir: string): readonly string[] {
  return [...toldInOrder(dir)].sort()
}

/** The same as it came. Nor of an old ffmpeg: it is said where clips are decoded, of which later runs find some cached. */
export function toldInOrder(dir: string): readonly string[] {
  return (timeless(eventsOf(dir)) as readonly Record<string, unknown>[])
    .filter(({ type, message }) => type !== 'worker' && !/^The ffmpeg that runs/.test(String(message)))
    .map(({ seq: _, ...event }) => JSON.stringify(event).replace(/\d+ steps\/s/, 'steps/s'))
}

/** No file is half-written, no lock is left, every event has its number. */
export function expectWhole(dir: string): void {
  const left = readdirSync(dir, { recursive: true }).map(String)
  expect(left.filter(name => /partial$|lock-/.test(name))).toEqual([])
  expect(eventsOf(dir).map(({ seq }) => seq)).toEqual(eventsOf(dir).map((_, i) => i + 1))
  for (const name of left.filter(each => each.endsWith('.json')))
    expect(() => JSON.parse(readFileSync(join(dir, name), 'utf8'))).not.toThrow()
}

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, inject } from 'vitest'
import { run } from '../../src/cli/main.ts'
import type { FineTuneSummary } from '../../src/runner/jobs/fine-tune/summary.ts'

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const CLIPS = join(ROOT, 'data', 'grid_command', 'clips')
/** Decoded clips of all tests. */
export const CACHE = inject('clipCache')
export const MODEL = join(ROOT, 'models', 'mnist_cnn')

export interface Finished {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A folder of this test file's own, removed after its tests. */
export function workspace(): string {
  const folder = mkdtempSync(join(tmpdir(), 'layergym-e2e-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A manifest over a few of the shipped clips. */
export function writeManifest(
  folder: string,
  { classes = ['bin', 'set'], clips = 12, name = 'clips.csv' } = {},
): string {
  const rows = classes.flatMap(label =>
    readdirSync(join(CLIPS, label))
      .sort()
      .slice(0, clips)
      .map(file => `${join(CLIPS, label, file)},${label}`),
  )
  const path = join(folder, name)
  writeFileSync(path, ['path,label', ...rows].join('\n'))
  return path
}

/** Flags of a run that takes a second or two: a small net, few clips. Later ones override. */
export function smallRun(folder: string, more: Readonly<Record<string, string | number | true>> = {}) {
  const flags: Record<string, string | number | true> = {
    model: MODEL,
    data: join(folder, 'clips.csv'),
    cache: CACHE,
    groups: 2,
    frames: 2,
    size: 28,
    'batch-size': 4,
    episodes: 6,
    'budget-steps': 6,
    'round-steps': 2,
    baselines: 'linearProbe',
    'baseline-seeds': 1,
    'baseline-rates': 1,
    'agent-config': '{"episodesPerUpdate":2}',
    threads: 1,
    workers: 1,
    json: true,
    ...more,
  }
  return [
    'fine-tune',
    ...Object.entries(flags).flatMap(([flag, value]) =>
      value === true ? [`--${flag}`] : [`--${flag}`, String(value)],
    ),
  ]
}

/** The settings that a command line's flags are, as `fineTune` takes them. */
export function settingsOf(argv: readonly string[]): Readonly<Record<string, unknown>> {
  const own = argv.flatMap((word, i) => {
    if (!word.startsWith('--') || word === '--json') return []
    return [[word.slice(2), word === '--agent-config' ? JSON.parse(argv[i + 1]) : argv[i + 1]]]
  })
  return Object.fromEntries(own)
}

/** Runs a command in this process; `onText` sees stderr as it comes and may abort. */
export async function layergym(
  argv: readonly string[],
  onText: (text: string, abort: () => void) => void = () => undefined,
): Promise<Finished> {
  const controller = new AbortController()
  let out = ''
  let err = ''
  const code = await run(argv, {
    stdout: text => {
      out += text
    },
    stderr: text => {
      err += text
      onText(text, () => controller.abort())
    },
    interactive: false,
    signal: controller.signal,
    now: Date.now,
  })
  return { code, out, err }
}

/** Runs a command that must end well and answers what it printed. */
export async function summaryOf(argv: readonly string[]): Promise<FineTuneSummary> {
  const { code, out, err } = await layergym(argv)
  if (code !== 0) throw new Error(`exit code ${code}: ${err}`)
  return JSON.parse(out) as FineTuneSummary
}

/** The real command in a process of its own. */
export function start(
  argv: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): { readonly child: ChildProcess; readonly finished: Promise<Finished>; text(): string } {
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'layergym.mjs'), ...argv], {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout?.on('data', data => {
    out += data
  })
  child.stderr?.on('data', data => {
    err += data
  })
  const finished = new Promise<Finished>(resolve =>
    child.on('close', code => resolve({ code: code ?? -1, out, err })),
  )
  return { child, finished, text: () => err }
}

/** Everything of a summary that doesn't say how long it took or where it lies. */
export function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless)
  if (typeof value !== 'object' || value === null) return value
  const hidden = ['seconds', 'time', 'runDir', 'model', 'out', 'workers', 'text', 'headline']
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !hidden.includes(key))
      .map(([key, inner]) => [key, timeless(inner)]),
  )
}

/** The recorded events, one a line. */
export function eventsOf(dir: string): readonly Record<string, unknown>[] {
  const lines = readFileSync(join(dir, 'events.jsonl'), 'utf8').trimEnd().split('\n')
  return lines.map(line => JSON.parse(line) as Record<string, unknown>)
}

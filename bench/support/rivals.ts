import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PYTHON = process.env.LAYERGYM_PYTHON || 'python3'

/** What a learning process came to. */
export interface Measured {
  /** Environment steps a second while it learned; of all seeds together, where there are several. */
  readonly stepsPerSecond: number
  /** Of the whole process, compiling, imports and start-up included. */
  readonly wall: number
  /** Of compiling, by those that compile. */
  readonly compileSeconds?: number
  /** Of learning alone. */
  readonly seconds: number
}

/** Cores that a process may use, the first ones of the machine. */
export type Cores = 1 | 2

/** Their versions, or undefined, having said on stderr how to get them. */
export function versionsOf(packages: readonly string[]): string | undefined {
  const code = `from importlib.metadata import version as v; print(", ".join(f"{n} {v(n)}" for n in "${packages.join(' ')}".split()))`
  const { status, stdout } = spawnSync(PYTHON, ['-c', code], { encoding: 'utf8' })
  if (status === 0) return stdout.trim()
  process.stderr.write(
    `${PYTHON} lacks some of ${packages.join(', ')}: figures without them. Get them with: ` +
      `${PYTHON} -m pip install ${packages.join(' ')} (or name a Python in LAYERGYM_PYTHON)\n`,
  )
  return undefined
}

/** A run of bench/peers/compiled.py. */
export function compiledPeer(cores: Cores, ...args: readonly (string | number)[]): Measured {
  const script = join(ROOT, 'bench', 'peers', 'compiled.py')
  return measured(cores, PYTHON, [script, ...args.map(String)], { JAX_PLATFORMS: 'cpu' })
}

/** A run of bench/peers/learn.py. */
export function torchPeer(cores: Cores, ...args: readonly (string | number)[]): Measured {
  const script = join(ROOT, 'bench', 'peers', 'learn.py')
  return measured(cores, PYTHON, [script, ...args.map(String), String(cores)])
}

/** A `layergym` command that learns. */
export function layergym(
  cores: Cores,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Measured {
  const folder = mkdtempSync(join(tmpdir(), 'layergym-bench-'))
  try {
    const entry = join(ROOT, 'bin', 'layergym.mjs')
    const flags = ['--out', join(folder, 'run'), '--json']
    return measured(cores, process.execPath, [entry, ...args, ...flags], environment)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function measured(
  cores: Cores,
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Measured {
  const started = performance.now()
  const { status, stdout, stderr } = spawnSync(
    'taskset',
    ['-c', cores === 1 ? '0' : '0,1', command, ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, ...environment },
      maxBuffer: 2 ** 28,
    },
  )
  const wall = (performance.now() - started) / 1000
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stderr.slice(-2000)}`)
  const told = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}')
  return { seconds: Number.NaN, ...told, wall }
}

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('../peers/learn.py', import.meta.url))
const PYTHON = process.env.LAYERGYM_PYTHON || 'python3'
const PACKAGES = ['torch', 'gymnasium', 'stable_baselines3']

/** The peers' versions, or undefined, having said on stderr how to get them. */
export function peerVersions(): string | undefined {
  const code = PACKAGES.map(name => `import ${name}; print('${name}', ${name}.__version__)`).join('\n')
  const result = spawnSync(PYTHON, ['-c', code], { encoding: 'utf8' })
  if (result.status === 0) return result.stdout.trim().replaceAll('\n', ', ')
  process.stderr.write(
    `${PYTHON} lacks ${PACKAGES.join(', ')}: our own figures stand alone. Get them with: ` +
      `${PYTHON} -m pip install torch gymnasium stable-baselines3 (or name a Python in LAYERGYM_PYTHON)\n`,
  )
  return undefined
}

/** Steps a second of a peer, in a process of its own. */
export function peerRate(recipe: string, algorithm: string, steps: number, threads: number): number {
  const args = [SCRIPT, recipe, algorithm, String(steps), String(threads)]
  const result = spawnSync(PYTHON, args, { encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`${PYTHON} ${args.join(' ')} failed:\n${result.stderr}`)
  return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '').stepsPerSecond
}

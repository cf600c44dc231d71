import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('../peers/torch_step.py', import.meta.url))
const PYTHON = process.env.LAYERGYM_PYTHON || 'python3'

export interface PeerStep {
  readonly size: number
  readonly batch: number
  readonly frames: number
  readonly threads: number
  readonly mode: 'frozen-bn' | 'train-bn'
  readonly channelsLast: boolean
  readonly steps: number
  readonly warmup?: number
}

/** PyTorch's version, or undefined, having said on stderr how to get it. */
export function torchVersion(): string | undefined {
  const result = spawnSync(PYTHON, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' })
  if (result.status === 0) return result.stdout.trim()
  process.stderr.write(
    `${PYTHON} has no PyTorch, so our own figures stand alone. Get it with: ${PYTHON} -m pip install torch ` +
      '(or name a Python that has it in LAYERGYM_PYTHON)\n',
  )
  return undefined
}

/** Milliseconds of each step of the peer, in a process of its own, after its own warm-up. */
export function torchSteps(options: PeerStep): readonly number[] {
  const { channelsLast, ...flags } = options
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
  const result = spawnSync(PYTHON, [SCRIPT, ...args, ...(channelsLast ? ['--channels-last'] : [])], {
    encoding: 'utf8',
  })
  if (result.status !== 0) throw new Error(`${PYTHON} ${SCRIPT} failed:\n${result.stderr}`)
  return JSON.parse(result.stdout).times
}

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PYTHON = process.env.LAYERGYM_PYTHON || 'python3'
/** One that has TensorFlow; the same where nothing else is named. */
const TENSORFLOW_PYTHON = process.env.LAYERGYM_TENSORFLOW_PYTHON || PYTHON

export interface PeerStep {
  /** As torch_nets.py names it. */
  readonly net: string
  readonly size: number
  readonly batch: number
  readonly frames: number
  readonly threads: number
  readonly mode: 'frozen-bn' | 'train-bn'
  readonly dropout?: number
  /** Clips are flipped at random. */
  readonly augment?: boolean
  /** Default: cpu. */
  readonly device?: 'cpu' | 'cuda'
  /** On a GPU: products may be rounded to TF32. */
  readonly tf32?: boolean
  readonly steps: number
  readonly warmup?: number
}

interface PeerTimes {
  /** ms, in order */
  readonly times: readonly number[]
  /** The most that the process held. */
  readonly residentMb: number
  /** Processor time of a step. */
  readonly hostMs: number
}

/** PyTorch's version, or undefined, having said on stderr how to get it. */
export function torchVersion(): string | undefined {
  return versionOf('torch', PYTHON, 'PyTorch', 'LAYERGYM_PYTHON')
}

/** TensorFlow's version in Python, or undefined, having said on stderr how to get it. */
export function tensorflowVersion(): string | undefined {
  return versionOf('tensorflow', TENSORFLOW_PYTHON, 'TensorFlow', 'LAYERGYM_TENSORFLOW_PYTHON')
}

/** Steps of the peer, in a process of its own, after its own warm-up. */
export function torchSteps({
  channelsLast,
  ...of
}: PeerStep & { readonly channelsLast: boolean }): PeerTimes {
  return ran(PYTHON, 'torch_step.py', of, channelsLast ? ['--channels-last'] : [])
}

/** The same step as one tf.function of Keras layers. */
export function tensorflowSteps(of: PeerStep): PeerTimes {
  return ran(TENSORFLOW_PYTHON, 'tensorflow_step.py', of, [])
}

function versionOf(module: string, python: string, name: string, variable: string): string | undefined {
  const result = spawnSync(python, ['-c', `import ${module}; print(${module}.__version__)`], {
    encoding: 'utf8',
  })
  if (result.status === 0) return result.stdout.trim()
  process.stderr.write(
    `${python} has no ${name}, so figures stand without it. Get it with: ${python} -m pip install ${module} ` +
      `(or name a Python that has it in ${variable})\n`,
  )
  return undefined
}

function ran(
  python: string,
  script: string,
  { augment, tf32, ...of }: PeerStep,
  more: readonly string[],
): PeerTimes {
  const file = fileURLToPath(new URL(`../peers/${script}`, import.meta.url))
  const flags = Object.entries(of).flatMap(([name, value]) => [`--${name}`, String(value)])
  const given = [file, ...flags, ...(augment ? ['--augment'] : []), ...(tf32 ? ['--tf32'] : []), ...more]
  const result = spawnSync(python, given, { encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`${python} ${file} failed:\n${result.stderr}`)
  return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '')
}

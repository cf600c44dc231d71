import { unzipSync } from 'fflate'
import { inputError, messageOf } from '../../../../common/error.ts'
import { withRegularFile } from '../../../../common/regular-file.ts'
import { type Numbers, parseNumbers } from '../../../../data/npy.ts'
import type { LoggedEvaluation } from './run.ts'

/** Larger files are refused, and larger arrays in them. Bytes. */
const LARGEST = 2 ** 28

/**
 * Stable-Baselines3's evaluations.npz (stable_baselines3/common/callbacks.py, EvalCallback): timesteps [E], results and
 * ep_lengths [E, episodes].
 * @throws input error where the file is none
 */
export async function readEvaluations(path: string): Promise<readonly LoggedEvaluation[]> {
  const arrays = await readNpz(path)
  const [timesteps, results, lengths] = ['timesteps', 'results', 'ep_lengths'].map(name => arrays[name])
  if (timesteps === undefined || results === undefined || results.rows !== timesteps.rows)
    throw inputError(
      'report.npz',
      `${path} is no evaluations.npz: it needs timesteps [E] and results [E, episodes]`,
    )
  return Array.from({ length: results.rows }, (_, i) => ({
    step: timesteps.values[i],
    returns: row(results, i),
    ...(lengths?.rows === results.rows && {
      meanLength: row(lengths, i).reduce((a, b) => a + b, 0) / lengths.columns,
    }),
  }))
}

async function readNpz(path: string): Promise<Readonly<Record<string, Numbers>>> {
  const bytes = await withRegularFile(path, async (file, size) => {
    if (size > LARGEST)
      throw inputError('report.npz', `${path} has ${size} bytes, and at most ${LARGEST} are read`)
    return file.readFile()
  })
  let files: Readonly<Record<string, Uint8Array>>
  try {
    files = unzipSync(bytes, { filter: ({ originalSize }) => originalSize <= LARGEST })
  } catch (error) {
    throw inputError('report.npz', `${path} is no npz file: ${messageOf(error)}`, { cause: error })
  }
  const arrays = Object.entries(files).filter(([name]) => /^(timesteps|results|ep_lengths)\.npy$/.test(name))
  return Object.fromEntries(
    arrays.map(([name, content]) => [name.replace(/\.npy$/, ''), parseNumbers(content, `${path}: ${name}`)]),
  )
}

function row({ values, columns }: Numbers, i: number): readonly number[] {
  return [...values.subarray(i * columns, (i + 1) * columns)]
}

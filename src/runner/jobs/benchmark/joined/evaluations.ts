import { unzipSync } from 'fflate'
import { inputError, messageOf } from '../../../../common/error.ts'
import { readRegularFile } from '../../../../common/regular-file.ts'
import { type Numbers, parseNumbers } from '../../../../data/npy.ts'
import type { LoggedEvaluation } from './run.ts'

/** Larger files are refused, and larger arrays in them. Bytes. */
const LARGEST = 2 ** 25
const ARRAYS = /^(timesteps|results|ep_lengths)\.npy$/

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
  const wrong = (error: unknown) =>
    inputError('report.npz', `${path} is no npz file that is read: ${messageOf(error)}`, { cause: error })
  const bytes = await readRegularFile(path, { most: LARGEST }).catch(error => {
    throw wrong(error)
  })
  const seen = new Set<string>()
  let files: Readonly<Record<string, Uint8Array>>
  try {
    files = unzipSync(bytes, {
      filter({ name, originalSize }) {
        if (!ARRAYS.test(name)) return false
        if (originalSize > LARGEST || seen.has(name))
          throw new Error(`${name} is there twice, or has more than ${LARGEST} bytes`)
        seen.add(name)
        return true
      },
    })
  } catch (error) {
    throw wrong(error)
  }
  const arrays = Object.entries(files)
  return Object.fromEntries(
    arrays.map(([name, content]) => [name.replace(/\.npy$/, ''), parseNumbers(content, `${path}: ${name}`)]),
  )
}

function row({ values, columns }: Numbers, i: number): readonly number[] {
  return [...values.subarray(i * columns, (i + 1) * columns)]
}

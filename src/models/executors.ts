import { inputError, messageOf } from '../common/error.ts'
import { CompiledExecutor, whyNotCompiled } from './compiled/compiled-executor.ts'
import { EagerExecutor, type ExecutorOptions } from './eager-executor.ts'
import type { Batch, Executor } from './executor.ts'
import type { ExecutorChoice, ExecutorName } from './executor-names.ts'
import type { NormMode } from './gradients.ts'
import { readWeights, type Weights } from './initialize.ts'

export type MakeExecutor = (options: ExecutorOptions, weights: Weights) => Executor

export const EXECUTOR_BY_NAME: Readonly<Record<ExecutorName, MakeExecutor>> = {
  eager: (options, weights) => new EagerExecutor(options, weights),
  compiled: (options, weights) => new CompiledExecutor(options, weights),
}

/**
 * Training steps of a run from which compiling pays: a signature (which groups move) costs about a second and is paid back
 * after some eight steps, and a run of four groups can come to fifteen of them.
 */
const PAYS_FROM_STEPS = 200

export interface Chosen {
  readonly name: ExecutorName
  /** Why it isn't the compiled one; undefined where it is, or where nobody would have expected it. */
  readonly reason?: string
}

export interface Rehearsal {
  /** Steps that the run will take, about. */
  readonly steps: number
  /** Some clips to try a step on; its tensor is disposed of. */
  readonly trial: () => Batch
  /** How batch normalisations of trained groups will behave. */
  readonly norm: NormMode
}

/**
 * The executor of a whole run. Bits depend on it, so it is settled before the first step and never changes.
 * @throws input error where `compiled` is asked for and the engine, the optimizer, the network or the loss won't do
 */
export function chooseExecutor(
  choice: ExecutorChoice,
  options: ExecutorOptions,
  rehearsal: Rehearsal,
): Chosen {
  if (choice === 'eager' || (choice === 'auto' && rehearsal.steps < PAYS_FROM_STEPS)) return { name: 'eager' }
  const reason = whyNotCompiled(options) ?? rehearsed(options, rehearsal)
  if (reason === undefined) return { name: 'compiled' }
  if (choice === 'auto') return { name: 'eager', reason }
  throw inputError(
    'executor.compiled',
    `steps can't be compiled: ${reason}. Use --executor auto, which then computes them one operation at a time.`,
  )
}

/** Traces a step of all groups without running it. */
function rehearsed(options: ExecutorOptions, { trial, norm }: Rehearsal): string | undefined {
  const batch = trial()
  try {
    new CompiledExecutor(options, readWeights(options.network)).rehearse(batch, norm)
    return undefined
  } catch (error) {
    return messageOf(error)
  } finally {
    batch.input.dispose()
  }
}

import { CompiledExecutor } from './compiled/compiled-executor.ts'
import { EagerExecutor, type ExecutorOptions } from './eager-executor.ts'
import type { Executor } from './executor.ts'
import type { ExecutorName } from './executor-names.ts'
import type { Weights } from './initialize.ts'

export type MakeExecutor = (options: ExecutorOptions, weights: Weights) => Executor

export const EXECUTOR_BY_NAME: Readonly<Record<ExecutorName, MakeExecutor>> = {
  eager: (options, weights) => new EagerExecutor(options, weights),
  compiled: (options, weights) => new CompiledExecutor(options, weights),
}

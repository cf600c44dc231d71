/** Who computes a step: operation by operation, or as one function of the engine; `auto`: the faster one that can. */
export const EXECUTORS = ['auto', 'eager', 'compiled'] as const
export type ExecutorChoice = (typeof EXECUTORS)[number]
export type ExecutorName = Exclude<ExecutorChoice, 'auto'>

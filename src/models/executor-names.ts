/** Who computes a step: operation by operation, or as one function of the engine. */
export const EXECUTORS = ['eager', 'compiled'] as const
export type ExecutorName = (typeof EXECUTORS)[number]

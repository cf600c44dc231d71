/** A point of a run's curves: what happened since the last one. */

import type { PolicyEvaluation } from './evaluate.ts'

/** What happened since the last point of the curves. */
export interface CurvePoint {
  /** Environment steps so far. */
  readonly step: number
  readonly seconds: number
  /** Of episodes that ended since the last point, in order. */
  readonly returns: readonly number[]
  readonly lengths: readonly number[]
  /** The environment step at which each ended. */
  readonly ends: readonly number[]
  /** Updates so far. */
  readonly updates: number
  /** Means of the agent's figures over the updates since the last point. */
  readonly report: Readonly<Record<string, number>>
}

/** An evaluation on the way. */
export interface EvaluationPoint extends PolicyEvaluation {
  readonly step: number
}

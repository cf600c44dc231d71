/** Which tool wrote a log. */
export type Tool = 'layergym' | 'Stable-Baselines3' | 'CleanRL' | 'TensorBoard' | 'table'

/** A training run as its log has it; what the log doesn't say is left out. */
export interface LoggedRun {
  readonly tool: Tool
  /** Path of the file or folder. */
  readonly source: string
  readonly env?: string
  readonly agent?: string
  readonly seed?: number
  /** Training episodes in the order in which they ended. */
  readonly episodes: readonly LoggedEpisode[]
  /** Each entry of `episodes` is a mean over the last hundred, as it was logged, and no episode. */
  readonly smoothed?: boolean
  readonly evaluations: readonly LoggedEvaluation[]
  /** Environment steps that it learned from, as far as the log goes. */
  readonly steps: number
  /** What can't be known of it, or only about. */
  readonly doubts: readonly string[]
  readonly stepsPerSecond?: number
  readonly hash?: string
  /** Return from which its environment counts as solved, where its log says so. */
  readonly rewardThreshold?: number
}

export interface LoggedEpisode {
  /** Environment steps of the run when it ended. */
  readonly step: number
  readonly return: number
  readonly length?: number
}

export interface LoggedEvaluation {
  readonly step: number
  /** Of greedy episodes; their mean alone where no more was logged. */
  readonly returns: readonly number[]
  readonly meanLength?: number
}

/** The last step that anything is logged at. */
export function lastStep(...logs: readonly (readonly { readonly step: number }[])[]): number {
  return logs.reduce((most, log) => Math.max(most, log.at(-1)?.step ?? 0), 0)
}

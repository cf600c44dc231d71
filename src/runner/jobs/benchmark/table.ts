import { csvField } from '../../../common/csv.ts'
import type { Outcome } from './outcome.ts'

/**
 * A comparison as a tidy CSV: a row a training episode, at the step at which it ended, and a row a run for its greedy
 * mean return in the end.
 */
export function tidyTable(runs: readonly Outcome[]): string {
  const rows = runs.flatMap(({ env, agent, variant, seed, curve, evaluations, meanReturn }) => {
    const names = [env, agent, variant].map(csvField)
    const own = (phase: string, ...values: readonly (string | number)[]) =>
      [...names, seed, phase, ...values].join(',')
    const { step = '', meanLength = Number.NaN } = evaluations.at(-1) ?? {}
    return [
      ...curve.flatMap(({ returns, lengths, ends }) =>
        returns.map((value, i) => own('training', ends[i], value, lengths[i])),
      ),
      own('evaluation', step, meanReturn, meanLength),
    ]
  })
  return `${['env,agent,variant,seed,phase,step,return,length', ...rows].join('\n')}\n`
}

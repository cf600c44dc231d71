import { csvField } from '../../../common/csv.ts'
import { mean } from '../../../common/statistics.ts'
import type { Outcome } from './outcome.ts'

/**
 * A comparison as a tidy CSV: a row a training episode, at the step at which it ended, and a row a run for the mean return
 * of its last evaluation, where there is one. A length that isn't known is empty.
 */
export function tidyTable(runs: readonly Outcome[]): string {
  const rows = runs.flatMap(({ env, agent, variant, seed, curve, evaluations }) => {
    const names = [env, agent, variant].map(csvField)
    const own = (phase: string, step: number, value: number, length: number) =>
      [...names, seed, phase, step, value, Number.isNaN(length) ? '' : length].join(',')
    return [
      ...curve.flatMap(({ returns, lengths, ends }) =>
        returns.map((value, i) => own('training', ends[i], value, lengths[i])),
      ),
      ...evaluations
        .slice(-1)
        .map(({ step, returns, meanLength }) => own('evaluation', step, mean(returns), meanLength)),
    ]
  })
  return `${['env,agent,variant,seed,phase,step,return,length', ...rows].join('\n')}\n`
}

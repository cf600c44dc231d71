import { csvField } from '../../../common/csv.ts'
import type { Outcome } from './summarize.ts'

/**
 * Every point of a comparison as a tidy CSV: a row a training episode, at the step of the point that it was told with,
 * and a row a run for its greedy mean return in the end.
 */
export function tidyTable(runs: readonly Outcome[]): string {
  const rows = runs.flatMap(({ env, agent, seed, curve, meanReturn }) => {
    const own = (phase: string, step: number | '', value: number) =>
      [csvField(env), csvField(agent), seed, phase, step, value].join(',')
    return [
      ...curve.flatMap(({ step, returns }) => returns.map(value => own('training', step, value))),
      own('evaluation', curve.at(-1)?.step ?? '', meanReturn),
    ]
  })
  return `${['env,agent,seed,phase,step,return', ...rows].join('\n')}\n`
}

import { plural } from '../../report/words.ts'
import type { Contender } from './config.ts'

/**
 * What a reader must know about how a contender's settings were chosen: on what it is compared on here, with its best
 * value at the edge of what was tried, or nobody says how. Empty where they are defaults, or chosen elsewhere and
 * inside their grid.
 */
export function tuningRemarks(
  contender: Contender,
  study: { readonly instances: readonly string[]; readonly seeds: readonly number[] },
): readonly string[] {
  const { tuned, rate, headRate, rates } = contender
  if (tuned === undefined)
    return (rate ?? headRate ?? rates) === undefined ? [] : ["how its rates were chosen isn't said"]
  const instances = tuned.on.filter(instance => study.instances.includes(instance))
  const seeds = tuned.seeds.some(seed => study.seeds.includes(seed))
  const own =
    instances.length === 0
      ? []
      : [
          `tuned on ${plural(instances.length, 'instance')} of this study${seeds ? ', with seeds of it' : ''}: its figure is that of a choice`,
        ]
  return [...own, ...Object.entries(tuned.grid).flatMap(([name, grid]) => edge(name, grid, contender))]
}

/** Beyond the edge may lie a better value. */
function edge(name: string, grid: readonly number[], contender: Contender): readonly string[] {
  const [least, most] = [Math.min(...grid), Math.max(...grid)]
  return valuesOf(name, contender)
    .filter(value => value <= least || value >= most)
    .map(
      value =>
        `${name} ${value} is at the edge of what was tried (${[...grid].sort((a, b) => a - b).join(', ')})`,
    )
}

/** The chosen values of a setting, as the grid calls it. A rate of 0 freezes: it is no choice of a rate. */
function valuesOf(
  name: string,
  { rate, headRate, rates, agentConfig, searchConfig }: Contender,
): readonly number[] {
  const known: Readonly<Record<string, unknown>> = {
    ...agentConfig,
    ...searchConfig,
    rate,
    headRate,
    'head-rate': headRate,
  }
  const values = name === 'rates' ? [...new Set(rates ?? [])].filter(value => value > 0) : [known[name]]
  return values.filter(value => typeof value === 'number')
}

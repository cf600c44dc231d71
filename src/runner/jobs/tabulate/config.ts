import { z } from 'zod'
import { inputError } from '../../../common/error.ts'
import { integer, parseConfig, real } from '../../../common/settings.ts'
import { type FineTuneConfig, fineTuneSchema, IN_CODE, withAbsolutePaths } from '../../instances/config.ts'
import { plural } from '../../report/words.ts'
import { logShape } from '../../runs/figure-log.ts'
import { workShape } from '../../runs/work-shape.ts'

/** Settings of fine-tune that decide what a run of given rates comes to. */
const OF_RUNS = {
  ...({ model: true, data: true, task: true, groups: true, reward: true, costWeight: true } as const),
  ...({ budgetSteps: true, batchSize: true, frames: true, size: true, sampling: true } as const),
  ...({ augment: true, fit: true, scaling: true, head: true, norm: true, optimizer: true } as const),
  ...({ learningRate: true, shape: true, balance: true, seed: true, groupColumn: true } as const),
  ...({ skipBroken: true, plugin: true, engine: true, threads: true, executor: true } as const),
  ...({ cache: true, out: true, overwrite: true } as const),
} as const

export const tabulateSchema = fineTuneSchema.pick(OF_RUNS).extend({
  start: z
    .enum(['probe', 'chance'])
    .default('probe')
    .describe("where runs start: at the linear probe's solution, or with a fresh head that guesses"),
  depth: integer(1, 30).default(3).describe('rounds of a run, a choice each: they share its steps'),
  choices: z
    .record(
      z.string().regex(/^[\w .,:;+=()-]{1,80}$/, 'a name has letters, digits and simple signs'),
      z.array(real(0, 1e-2)).min(1),
    )
    .optional()
    .describe(
      'what there is to choose from in each round, by name: a rate a group, the head last, 0 freezes, as {"head":[0,0,1e-3]} (default: each group alone, and all)',
    ),
  mostRounds: integer(1).default(5000).describe('a tree of more rounds is refused'),
  ...workShape,
  ...logShape,
})

export type TabulateConfig = z.infer<typeof tabulateSchema>

/** With what was left open. */
export type WholeTabulateConfig = TabulateConfig & Required<Pick<TabulateConfig, 'choices'>>

export function roundStepsOf({ budgetSteps, depth }: TabulateConfig): number {
  return budgetSteps / depth
}

/** What composes the runs. */
export function runsConfig(config: TabulateConfig): FineTuneConfig {
  const { depth, choices: _, mostRounds: __, workers: ___, queue: ____, verify: _____, ...own } = config
  const { log: ______, ...lasting } = own
  return withAbsolutePaths(
    parseConfig(fineTuneSchema, {
      ...lasting,
      roundSteps: roundStepsOf(config),
      // So that what pays for many steps is done.
      episodes: depth,
      baselines: 'none',
      out: IN_CODE,
    }),
  )
}

/** Rounds and runs of a tree in which none ends early. */
export function sizeOf(choices: number, depth: number): { readonly rounds: number; readonly runs: number } {
  const runs = choices ** depth
  return { runs, rounds: choices === 1 ? depth : (choices * (runs - 1)) / (choices - 1) }
}

/** @throws input error for choices that don't fit the network, and for a tree that is too large */
export function refuseMistakes(
  { choices, depth, mostRounds, budgetSteps }: WholeTabulateConfig,
  groups: readonly string[],
): void {
  const count = Object.keys(choices).length
  if (count === 0)
    throw inputError('tabulate.choices', `'choices' is empty: give some, as in {"head":[0,1e-3]}`)
  for (const [name, rates] of Object.entries(choices)) {
    if (rates.length === groups.length) continue
    throw inputError(
      'tabulate.choices',
      `'${name}' of 'choices' has ${plural(rates.length, 'rate')}, and the network has ${plural(groups.length, 'group')}: ${groups.join(', ')}. Give a rate for each, or other --groups`,
    )
  }
  if (budgetSteps % depth !== 0) {
    const below = budgetSteps - (budgetSteps % depth)
    throw inputError(
      'tabulate.steps',
      `'budget-steps' is ${budgetSteps}, which ${plural(depth, 'round')} can't share evenly: take ${below === 0 ? '' : `${below} or `}${below + depth}`,
    )
  }
  const { rounds } = sizeOf(count, depth)
  if (rounds <= mostRounds) return
  throw inputError(
    'tabulate.size',
    `${plural(count, 'choice')} in each of ${plural(depth, 'round')} make a tree of ${plural(rounds, 'round')}, and 'most-rounds' is ${mostRounds}: take a smaller --depth, fewer --choices, or allow more with --most-rounds`,
  )
}

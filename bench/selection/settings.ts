import type { ShapeName } from '../../src/envs/finetune/shape.ts'

/** One way of fine-tuning: what agents, schedules and searches can reach. */
export interface Setting {
  readonly name: string
  /** Of each of the four groups, the head last, 0 for a frozen one; drawn anew every round where absent. */
  readonly rates?: readonly number[]
  readonly shape: ShapeName
  readonly steps: number
  readonly seed: number
}

/** Five rounds of six, the product's least. */
const STEPS = 30
/** Rates from the input upwards. */
const full = (rate: number) => [rate, rate, rate, Math.min(1e-2, 10 * rate)]
const falling = (rate: number) => [rate / 2.6 ** 2, rate / 2.6, rate, Math.min(1e-2, 10 * rate)]

export const SETTINGS: readonly Setting[] = [
  ...[1e-4, 3e-4, 1e-3, 3e-3, 1e-2].map(rate => setting(`head ${rate}`, [0, 0, 0, rate])),
  ...[1e-5, 3e-5, 1e-4, 3e-4].map(rate => setting(`full ${rate}`, full(rate))),
  setting('full 3e-4, constant', full(3e-4), { shape: 'constant' }),
  setting('discriminative 3e-4', falling(3e-4)),
  setting('top 1e-4', [0, 0, 1e-4, 3e-3]),
  setting('top 3e-4', [0, 0, 3e-4, 3e-3]),
  setting('top 1e-3', [0, 0, 1e-3, 3e-3]),
  setting('middle 3e-4', [0, 3e-4, 0, 3e-3]),
  setting('first 1e-3', [1e-3, 0, 0, 3e-3]),
  setting('full 1e-4, seed 2', full(1e-4), { seed: 2 }),
  setting('head 3e-3, seed 2', [0, 0, 0, 3e-3], { seed: 2 }),
  ...[3e-4, 1e-3, 3e-3].map(rate => setting(`head ${rate}, long`, [0, 0, 0, rate], { steps: 120 })),
  setting('head 1e-2, long, constant', [0, 0, 0, 1e-2], { steps: 120, shape: 'constant' }),
  setting('random 1', undefined, { shape: 'constant' }),
]

/** Left out where a step of full fine-tuning takes a fifth of a second. */
export const COSTLY: readonly string[] = ['full 0.00001', 'full 3e-4, constant', 'full 1e-4, seed 2']

/** Rates that a policy which knows nothing chooses for a round. */
export const RANDOM_RATES = [0, 0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3] as const

function setting(
  name: string,
  rates: readonly number[] | undefined,
  { shape = 'warm-up-cosine', steps = STEPS, seed = 1 }: Partial<Setting> = {},
): Setting {
  return { name, rates, shape, steps, seed }
}

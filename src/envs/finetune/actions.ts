import type { Mask, Space } from '../env.ts'
import { Box, Discrete } from '../spaces.ts'

/** How a layer group is trained. A frozen group remembers the rate it was last trained at. */
export interface GroupSetting {
  readonly frozen: boolean
  readonly learningRate: number
}

/** Learning rates that actions stay within. */
export interface RateLimits {
  readonly minimum: number
  readonly maximum: number
  /** The rate of a group this many groups below the head: what `reset` goes back to. */
  reset(depth: number): number
}

/** What an agent may do to one group: a space, which of its actions are allowed now, and what each does. */
export interface ActionSet<A> {
  readonly id: string
  /** In a line, for `layergym list actions`. */
  readonly description: string
  readonly space: Space<A>
  /** 1 for every action that is allowed to a group with this setting. */
  mask?(setting: GroupSetting, depth: number, limits: RateLimits): Mask
  /** The group's new setting. */
  apply(action: A, setting: GroupSetting, depth: number, limits: RateLimits): GroupSetting
  /** The action that changes nothing, where one does. */
  readonly keep?: A
  /** Logits that policies over discrete actions start from; none: uniform. */
  readonly initialLogits?: Float32Array
  /** What joint control chooses among, each with an action for every group; none: every combination. */
  combinations?(groups: number): readonly (readonly A[])[]
  /** For events and reports. */
  describe(action: A): string
}

const NAMES = ['freeze', 'lr/3', 'keep', 'lr*3', 'reset'] as const
const FACTORS = [0, 1 / 3, 1, 3, 0]

/**
 * Discrete(5): freeze, ×1/3, keep, ×3, reset to base·2.6^−(depth−1), ten times base for the head (2.6 is the ratio
 * between neighbouring layer groups of discriminative fine-tuning, Howard & Ruder 2018). On a frozen group, keep leaves it frozen, ×1/3 and ×3 thaw it
 * at its last rate times the factor, reset thaws it at the reset rate. The mask hides what would leave the limits.
 */
export const fiveActions: ActionSet<number> = {
  id: 'discrete5',
  description: 'freeze, rate / 3, keep, rate x 3, reset to base x 2.6^-depth (default)',
  space: new Discrete(5),
  keep: 2,
  // P(keep) = 0.83 at first: of a dozen uniform choices one is fatal (a rate three times too high ends a run).
  initialLogits: Float32Array.of(0, 0, 3, 0, 0),
  describe: action => NAMES[action],
  mask(setting, _depth, limits) {
    const allowed = FACTORS.map((factor, action) => {
      if (action !== 1 && action !== 3) return 1
      return within(setting.learningRate * factor, limits) ? 1 : 0
    })
    return Uint8Array.from(allowed)
  },
  apply(action, setting, depth, limits) {
    switch (action) {
      case 0:
        return { ...setting, frozen: true }
      case 1:
      case 3:
        return { frozen: false, learningRate: clamp(setting.learningRate * FACTORS[action], limits) }
      case 4:
        return { frozen: false, learningRate: limits.reset(depth) }
      default:
        return setting
    }
  },
}

/** Below it, logRate freezes: a tenth of the interval. */
const FREEZES_BELOW = -0.8

/**
 * Box(−1, 1): below −0.8 freezes; above, the rate on a logarithmic scale, from the least at −0.8 to the highest that is
 * allowed at 1.
 */
export const logRate: ActionSet<Float32Array> = {
  id: 'log-rate',
  description: 'a number from -1 to 1: below -0.8 freezes, above it is the rate on a logarithmic scale',
  space: new Box(-1, 1, [1]),
  describe: ([x]) => (x < FREEZES_BELOW ? 'freeze' : `at ${x.toFixed(2)}`),
  apply([x], setting, _depth, { minimum, maximum }) {
    if (x < FREEZES_BELOW) return { ...setting, frozen: true }
    const share = (x - FREEZES_BELOW) / (1 - FREEZES_BELOW)
    return { frozen: false, learningRate: minimum * (maximum / minimum) ** share }
  },
}

const LEVELS = [0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2] as const

/**
 * Discrete(8): freeze, or a rate from 1e-5 to 1e-2 in half decades, wherever the group was before. One choice reaches
 * any rate, where discrete5 climbs by thirds: for few rounds, and for policies that read what suits an instance.
 */
export const rateLevels: ActionSet<number> = {
  id: 'levels',
  description: 'freeze, or one of the rates 1e-5, 3e-5, 1e-4 ... 1e-2, whatever the rate was before',
  space: new Discrete(LEVELS.length),
  // P(freeze) = 0.51 at first: a group that moves while another must settle does harm, and one choice thaws it again.
  initialLogits: Float32Array.of(2, 0, 0, 0, 0, 0, 0, 0),
  describe: action => (action === 0 ? 'freeze' : String(LEVELS[action])),
  mask: (_setting, _depth, limits) =>
    Uint8Array.from(LEVELS, rate => (rate === 0 || within(rate, limits) ? 1 : 0)),
  apply: (action, setting) =>
    action === 0 ? { ...setting, frozen: true } : { frozen: false, learningRate: LEVELS[action] },
}

/** Of `levels`, the highest: what a group may move at when it moves alone. */
const ALONE = [4, 5, 6, 7] as const
/** Of `levels`: a backbone's rate, with the head at ten times that. */
const TOGETHER = [2, 3, 4, 5] as const
const TEN_TIMES = 2

/**
 * Under joint control one Discrete choice: which group moves, at 3e-4 to 1e-2, while all others are frozen (surgical
 * fine-tuning: Lee et al. 2023); or everything, the backbone at 3e-5 to 1e-3 and the head at ten times that. 4·(groups + 1)
 * choices where `levels` has 8^groups, so that what must be done together is met soon. For one group alone: as `levels`.
 */
export const singleBlockLevels: ActionSet<number> = {
  ...rateLevels,
  id: 'single-block',
  description: 'with joint control: which group moves, at which rate, or all; else as levels',
  combinations: groups => [
    ...Array.from({ length: groups }, (_, moving) =>
      ALONE.map(level => Array.from({ length: groups }, (__, group) => (group === moving ? level : 0))),
    ).flat(),
    ...TOGETHER.map(level =>
      Array.from({ length: groups }, (_, group) => (group === groups - 1 ? level + TEN_TIMES : level)),
    ),
  ],
}

/** The ratio between neighbouring groups' rates in discriminative fine-tuning (Howard & Ruder 2018). */
export const DISCRIMINATIVE_RATIO = 2.6

/** A fresh head has everything to learn; pretrained weights must not be thrown away while it does. */
const HEAD_FACTOR = 10

/**
 * Limits [1e-6, 1e-2] around a base rate: that of the topmost pretrained group. Each group below learns 2.6 times
 * slower by default, the fresh head (depth 0) ten times faster.
 */
export function rateLimits(base: number, minimum = 1e-6, maximum = 1e-2): RateLimits {
  const limits = { minimum, maximum }
  return {
    ...limits,
    reset: depth =>
      clamp(depth === 0 ? HEAD_FACTOR * base : base * DISCRIMINATIVE_RATIO ** (1 - depth), limits),
  }
}

/** A whisker of slack, so that three times a third of the limit is still within it. */
const SLACK = 1 + 1e-9

function within(rate: number, { minimum, maximum }: Omit<RateLimits, 'reset'>): boolean {
  return rate >= minimum / SLACK && rate <= maximum * SLACK
}

/** The nearest rate within the limits. */
export function clamp(rate: number, { minimum, maximum }: Omit<RateLimits, 'reset'>): number {
  return Math.min(Math.max(rate, minimum), maximum)
}

/** Rates of each group, the head last, 0 for a frozen one; held within the limits. */
export function settingsOf(rates: readonly number[], limits: RateLimits): readonly GroupSetting[] {
  return rates.map((rate, group) =>
    rate === 0
      ? { frozen: true, learningRate: limits.reset(rates.length - 1 - group) }
      : { frozen: false, learningRate: clamp(rate, limits) },
  )
}

/** How fast each group moves; 0 where it is frozen. */
export function ratesOf(settings: readonly GroupSetting[]): readonly number[] {
  return settings.map(({ frozen, learningRate }) => (frozen ? 0 : learningRate))
}

/** Full fine-tuning at the reset rates: one for the backbone, the head's own. */
export function everythingMoves(groups: number, limits: RateLimits): readonly GroupSetting[] {
  return Array.from({ length: groups }, (_, group) => ({
    frozen: false,
    learningRate: limits.reset(Math.min(groups - 1 - group, 1)),
  }))
}

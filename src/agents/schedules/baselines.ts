import { quantile } from '../../common/quantile.ts'
import { DISCRIMINATIVE_RATIO, type RateLimits, settingsOf } from '../../envs/finetune/actions.ts'
import type { GroupStatistics } from '../../envs/finetune/features.ts'
import { oneCycle, slantedTriangle } from '../../envs/finetune/shape.ts'
import { flatRates, type Schedule, type Terms, type Trial } from './schedule.ts'

/** AutoFreeze's percentile of gradient change below which layers freeze (Liu, Agarwal & Venkataraman 2021). */
const FREEZING_PERCENTILE = 0.5
/** Of a block's rate, that of the block below it (BEiT: Bao et al. 2022; 0.65 to 0.75 there). */
const LAYER_DECAY = 0.75

const common = (limits: RateLimits): Trial => ({
  rate: limits.reset(1),
  headRate: limits.reset(0),
  length: 1,
})
const headAlone = (limits: RateLimits): Trial => ({ ...common(limits), rate: 0 })
const relativeGradient = (s: GroupStatistics) => s.gradientNorm / Math.max(s.weightNorm, 1e-12)

/** Each group below the topmost 2.6 times slower than the one above it. */
function discriminativeRates({ rate, headRate }: Trial, groups: number): readonly number[] {
  return Array.from({ length: groups }, (_, group) => {
    const depth = groups - 1 - group
    return depth === 0 ? headRate : rate * DISCRIMINATIVE_RATIO ** (1 - depth)
  })
}

/** Each block three quarters as fast as the one above it; a group has the mean of its blocks' rates. */
function decayedRates({ rate, headRate }: Trial, { groups, blocks }: Terms): readonly number[] {
  return Array.from({ length: groups }, (_, group) => {
    if (group === groups - 1) return headRate
    const above = blocks.slice(group + 1, -1).reduce((a, b) => a + b, 0)
    const own = Array.from({ length: Math.max(1, blocks[group]) }, (__, i) => LAYER_DECAY ** (above + i))
    return (rate * own.reduce((a, b) => a + b, 0)) / own.length
  })
}

/** The same rates from the first step to the last. */
function constant(rates: (trial: Trial, terms: Terms) => readonly number[]): Schedule['begin'] {
  return (trial, terms) => {
    const settings = settingsOf(rates(trial, terms), terms.limits)
    return () => settings
  }
}

const flat = constant((trial, { groups }) => flatRates(trial, groups))

/** What RL over layer groups has to beat, each with its own search over the learning rates that an agent may reach. */
export const BASELINES = {
  linearProbe: {
    description:
      'logistic regression on the pretrained features, solved to convergence, its L2 chosen on the reward split',
    fromProbe: true,
    solved: true,
    trial: headAlone,
    begin: constant((_, { groups }) => new Array<number>(groups).fill(0)),
  },
  headOnly: {
    description: 'the head alone, by gradient, as long as the FLOPs last; the backbone stays frozen',
    trial: headAlone,
    begin: flat,
  },
  fullFineTune: {
    description: 'everything; the head ten times faster than the backbone, which has one rate',
    trial: common,
    begin: flat,
  },
  fromScratch: {
    description: 'everything from fresh weights, at one rate, batch normalisation by the batch',
    fromScratch: true,
    trial: limits => ({ ...common(limits), rate: limits.reset(0) }),
    begin: flat,
  },
  lpFt: {
    description: "everything, from the linear probe's solution (LP-FT: Kumar et al. 2022)",
    fromProbe: true,
    trial: common,
    begin: flat,
  },
  discriminative: {
    description:
      'everything, each group 2.6 times slower than the one above it (ULMFiT: Howard & Ruder 2018)',
    trial: common,
    begin: constant((trial, { groups }) => discriminativeRates(trial, groups)),
  },
  layerDecay: {
    description: 'everything, each block 0.75 times as fast as the one above it (BEiT: Bao et al. 2022)',
    trial: common,
    begin: constant(decayedRates),
  },
  gradualUnfreezing: {
    description:
      'the head, then one group more in each equal part of the run, at discriminative, slanted triangular rates (ULMFiT: Howard & Ruder 2018)',
    changes: true,
    trial: common,
    shape: () => slantedTriangle,
    begin: (trial, { groups, limits }) => {
      const rates = discriminativeRates(trial, groups)
      return ({ progress }) => {
        const thawed = 1 + Math.floor(progress * groups)
        return settingsOf(
          rates.map((rate, group) => (groups - group <= thawed ? rate : 0)),
          limits,
        )
      }
    },
  },
  fineTune: {
    description:
      "the head for one epoch, then everything at half its rate, falling geometrically to a hundredth of that at the input, each part by one cycle (fastai's fine_tune: Howard & Gugger 2020)",
    changes: true,
    // base_lr = 2e-3.
    trial: limits => ({ rate: limits.reset(1), headRate: 2 * limits.reset(0), length: 1 }),
    shape: terms => {
      const head = headShare(terms)
      const [first, second] = [oneCycle(0.99, 25), oneCycle(0.3, 5)]
      return progress => (progress < head ? first(progress / head) : second((progress - head) / (1 - head)))
    },
    begin: ({ headRate }, { groups, limits, ...terms }) => {
      const head = headShare({ groups, limits, ...terms })
      const [top, bottom] = [headRate / 2, headRate / 2 / 100]
      const rates = Array.from(
        { length: groups },
        (_, group) => bottom * (top / bottom) ** (group / (groups - 1)),
      )
      return ({ progress }) =>
        settingsOf(
          progress < head ? rates.map((_, group) => (group === groups - 1 ? headRate : 0)) : rates,
          limits,
        )
    },
  },
  autoRgn: {
    description:
      "each group's rate in proportion to its relative gradient norm, the largest at the full rate (Auto-RGN: Lee et al. 2023)",
    changes: true,
    probed: true,
    trial: common,
    begin:
      (trial, { groups, limits }) =>
      ({ statistics }) => {
        const norms = statistics.map(relativeGradient)
        const largest = Math.max(...norms, 1e-12)
        return settingsOf(
          flatRates(trial, groups).map((rate, group) =>
            Math.max((rate * norms[group]) / largest, limits.minimum),
          ),
          limits,
        )
      },
  },
  autoFreeze: {
    description:
      'everything at first; from the input on, groups whose gradient changes least are frozen (AutoFreeze: Liu et al. 2021)',
    changes: true,
    probed: true,
    trial: common,
    begin: (trial, { groups, limits }) => {
      const rates = flatRates(trial, groups)
      let before: readonly number[] | undefined
      let frozen = 0
      return ({ progress, statistics }) => {
        const norms = statistics.slice(0, -1).map(({ gradientNorm }) => gradientNorm)
        if (before !== undefined) frozen = freezeFront(before, norms, frozen)
        // A fresh head's first gradients say nothing: as in the paper's code, the first interval is the one compared with.
        if (progress > 0) before = norms
        return settingsOf(
          rates.map((rate, group) => (group < frozen ? 0 : rate)),
          limits,
        )
      }
    },
  },
  topK: {
    description:
      'everything for one epoch, then the head and the half of the groups whose gradients are the largest (Fisher score: Lodha et al. 2023)',
    changes: true,
    probed: true,
    trial: common,
    begin: (trial, { groups, limits, epoch }) => {
      const rates = flatRates(trial, groups)
      let kept: ReadonlySet<number> | undefined
      return ({ progress, statistics }) => {
        if (progress >= epoch) kept ??= largestGradients(statistics.slice(0, -1))
        return settingsOf(
          rates.map((rate, group) =>
            kept === undefined || kept.has(group) || group === groups - 1 ? rate : 0,
          ),
          limits,
        )
      }
    },
  },
} as const satisfies Readonly<Record<string, Schedule>>

export type BaselineName = keyof typeof BASELINES
export const baselineNames = Object.keys(BASELINES) as [BaselineName, ...BaselineName[]]

/** fastai's freeze_epochs = 1, as far as that leaves half of the run. */
function headShare({ epoch }: Terms): number {
  return Math.min(epoch, 0.5)
}

/** The half, rounded up, with the largest gradients: ‖g‖² is the trace of the empirical Fisher information. */
function largestGradients(backbone: readonly GroupStatistics[]): ReadonlySet<number> {
  const norms = backbone.map(({ gradientNorm }, group) => ({ gradientNorm, group }))
  const ranked = norms.sort((a, b) => b.gradientNorm - a.gradientNorm)
  return new Set(ranked.slice(0, Math.ceil(backbone.length / 2)).map(({ group }) => group))
}

/**
 * How many groups of the backbone, from the input on, are frozen next: those in front whose change
 * η = |‖g₋‖ − ‖g‖| / ‖g₋‖ is below the percentile over the groups that still train; never the last of them.
 */
function freezeFront(before: readonly number[], now: readonly number[], frozen: number): number {
  const change = now.map((norm, group) => Math.abs(before[group] - norm) / Math.max(before[group], 1e-12))
  const threshold = quantile(change.slice(frozen), FREEZING_PERCENTILE)
  let next = frozen
  while (change[next] < threshold) next++
  return next
}

import { quantile } from '../../common/quantile.ts'
import { DISCRIMINATIVE_RATIO } from '../../envs/finetune/actions.ts'
import type { GroupStatistics } from '../../envs/finetune/features.ts'
import {
  FULL_EXPONENTS,
  flatRates,
  ladder,
  OUTWARDS,
  type Schedule,
  settingsOf,
  type Trial,
} from './schedule.ts'

/** LP-FT trains the head alone for half of the run, as Kumar et al. 2022 give both parts equal epochs. */
const PROBING_SHARE = 0.5
/** AutoFreeze's percentile of gradient change below which layers freeze (Liu, Agarwal & Venkataraman 2021). */
const FREEZING_PERCENTILE = 0.5

const fullTrials: Schedule['trials'] = (count, limits) => ladder(FULL_EXPONENTS, limits).slice(0, count)
const relativeGradient = (s: GroupStatistics) => s.gradientNorm / Math.max(s.weightNorm, 1e-12)

/** Each group below the topmost 2.6 times slower than the one above it. */
function discriminativeRates({ rate, headRate }: Trial, groups: number): readonly number[] {
  return Array.from({ length: groups }, (_, group) => {
    const depth = groups - 1 - group
    return depth === 0 ? headRate : rate * DISCRIMINATIVE_RATIO ** (1 - depth)
  })
}

/** The same rates from the first step to the last. */
function constant(rates: (trial: Trial, groups: number) => readonly number[]): Schedule['begin'] {
  return (trial, { groups, limits }) => {
    const settings = settingsOf(rates(trial, groups), limits)
    return () => settings
  }
}

/** What RL over layer groups has to beat, each with its own search over the learning rates that an agent may reach. */
export const BASELINES = {
  linearProbe: {
    description: 'the head alone, as long as the FLOPs last; the backbone stays frozen',
    trials: (count, limits, longest) =>
      [...new Set([1, longest])].flatMap(length =>
        ladder(OUTWARDS, limits)
          .slice(0, count)
          .map(trial => ({ ...trial, rate: 0, length })),
      ),
    begin: constant(flatRates),
  },
  fullFineTune: {
    description: 'everything; the head faster than the backbone, which has one rate',
    trials: fullTrials,
    begin: constant(flatRates),
  },
  fromScratch: {
    description: 'everything from fresh weights, at one rate, batch normalisation by the batch',
    fromScratch: true,
    trials: (count, limits) =>
      ladder(OUTWARDS, limits)
        .slice(0, count)
        .map(trial => ({ ...trial, rate: trial.headRate })),
    begin: constant(flatRates),
  },
  lpFt: {
    description: 'the head alone for half of the run, then everything (LP-FT: Kumar et al. 2022)',
    changes: true,
    trials: fullTrials,
    begin:
      (trial, { groups, limits }) =>
      ({ progress }) =>
        settingsOf(flatRates(progress < PROBING_SHARE ? { ...trial, rate: 0 } : trial, groups), limits),
  },
  discriminative: {
    description:
      'everything, each group 2.6 times slower than the one above it (ULMFiT: Howard & Ruder 2018)',
    trials: fullTrials,
    begin: constant(discriminativeRates),
  },
  gradualUnfreezing: {
    description:
      'the head, then one group more in each equal part of the run, at discriminative rates (ULMFiT: Howard & Ruder 2018)',
    changes: true,
    trials: fullTrials,
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
  cosine: {
    description:
      'everything, rates falling to 0 along half a cosine (SGDR without restarts: Loshchilov & Hutter 2017)',
    changes: true,
    trials: fullTrials,
    begin:
      (trial, { groups, limits }) =>
      ({ progress }) => {
        const factor = (1 + Math.cos(Math.PI * Math.min(1, progress))) / 2
        return settingsOf(
          flatRates(trial, groups).map(rate => Math.max(rate * factor, limits.minimum)),
          limits,
        )
      },
  },
  autoRgn: {
    description:
      "each group's rate in proportion to its relative gradient norm, the largest at the full rate (Auto-RGN: Lee et al. 2023)",
    changes: true,
    probed: true,
    trials: fullTrials,
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
    trials: fullTrials,
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
    trials: fullTrials,
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

import type { WorldFeatures } from '../world.ts'

/** What is measured of one layer group at a decision. Norms are Euclidean, over the group's learned variables. */
export interface GroupStatistics {
  /** 0 the head, 1 the group below it… */
  readonly depth: number
  readonly groups: number
  readonly parameterShare: number
  readonly flopShare: number
  readonly isHead: boolean
  readonly frozen: boolean
  readonly learningRate: number
  /** ‖w‖ */
  readonly weightNorm: number
  /** ‖g‖, g the mean of the two half-batch gradients on the probe clips. */
  readonly gradientNorm: number
  /** Geometric mean of ‖g‖/‖w‖ over all groups. */
  readonly meanRelativeGradient: number
  /** ‖Δw‖ over the last round. */
  readonly updateNorm: number
  /** cos(g₁, g₂) of the two half-batches' gradients. */
  readonly alignment: number
  /** ‖(g₁ + g₂)/2‖² / ‖(g₁ − g₂)/2‖² */
  readonly signalToNoise: number
  /** cos(g, g at the previous decision); 1 at the first. */
  readonly persistence: number
  /** Linear CKA between the group's activations now and in the pretrained net, on the same probe clips. */
  readonly similarity: number
}

/** What is measured of the whole run. Losses are means over clips, in the task's unit. */
export interface GlobalStatistics {
  /** Share of the budget left, the scarcer of steps and FLOPs. */
  readonly budgetLeft: number
  /** Loss of guessing: ln C for C classes. */
  readonly chance: number
  /** On the reward split. */
  readonly loss: number
  readonly previousLoss: number
  /** On the reward split, [0, 1]: what agents are paid by. */
  readonly score: number
  /** On the training batches of the last round; the reward split's loss before the first. */
  readonly trainLoss: number
}

/** One number of an observation. */
export interface Feature<S> {
  /** kebab-case */
  readonly id: string
  /** Formula and source. */
  readonly description: string
  /** In [-1, 1]; values outside are clipped. */
  value(statistics: S): number
}

/** What an agent sees: a vector of group features followed by global ones, each in [-1, 1]. */
export interface StateSpace {
  readonly group: readonly Feature<GroupStatistics>[]
  readonly global: readonly Feature<GlobalStatistics>[]
}

export function namesOf({ group, global }: StateSpace): WorldFeatures {
  return { group: group.map(({ id }) => id), global: global.map(({ id }) => id) }
}

/** log10 x, mapped linearly from [low, high] (exponents) onto [-1, 1]. */
export function logScaled(x: number, low: number, high: number): number {
  return (2 * (Math.log10(Math.max(x, 10 ** low)) - low)) / (high - low) - 1
}

const share = (x: number) => 2 * x - 1
const flag = (x: boolean) => (x ? 1 : -1)
const relativeGradient = (s: GroupStatistics) => s.gradientNorm / Math.max(s.weightNorm, 1e-12)

/** The default state space (DESIGN.md, section 4). */
export const defaultStateSpace: StateSpace = {
  group: [
    {
      id: 'depth',
      description:
        'groups below the head / (groups − 1); layer-wise rates depend on it (Howard & Ruder 2018, ULMFiT)',
      value: s => share(s.groups < 2 ? 0 : s.depth / (s.groups - 1)),
    },
    {
      id: 'parameter-share',
      description: 'parameters / all parameters',
      value: s => share(s.parameterShare),
    },
    { id: 'flop-share', description: 'forward FLOPs / all forward FLOPs', value: s => share(s.flopShare) },
    {
      id: 'is-head',
      description: '1 for the new head, −1 for pretrained groups',
      value: s => flag(s.isHead),
    },
    { id: 'frozen', description: '1 frozen, −1 trained', value: s => flag(s.frozen) },
    {
      id: 'learning-rate',
      description: 'log10 of the rate (a frozen group’s last), [1e-6, 1e-2] → [−1, 1]',
      value: s => logScaled(s.learningRate, -6, -2),
    },
    {
      id: 'relative-gradient',
      description:
        '‖g‖/‖w‖, log10 in [−5, 1] (relative gradient norm: Lee et al. 2023, Surgical Fine-Tuning)',
      value: s => logScaled(relativeGradient(s), -5, 1),
    },
    {
      id: 'relative-gradient-rank',
      description: '‖g‖/‖w‖ over the groups’ geometric mean, log10 in [−2, 2] (Auto-RGN: Lee et al. 2023)',
      value: s => logScaled(relativeGradient(s) / Math.max(s.meanRelativeGradient, 1e-12), -2, 2),
    },
    {
      id: 'sensitivity',
      description:
        '‖g‖·‖w‖, log10 in [−3, 3]: first-order loss change of scaling the weights (Molchanov et al. 2019)',
      value: s => logScaled(s.gradientNorm * s.weightNorm, -3, 3),
    },
    {
      id: 'update-ratio',
      description:
        '‖Δw‖/‖w‖ over the last round, log10 in [−6, 0]; about 1e-3 a step is healthy (Karpathy, CS231n)',
      value: s => logScaled(s.updateNorm / Math.max(s.weightNorm, 1e-12), -6, 0),
    },
    {
      id: 'signal-to-noise',
      description:
        '‖mean g‖²/‖half difference‖², log10 in [−2, 2] (gradient noise scale: McCandlish et al. 2018)',
      value: s => logScaled(s.signalToNoise, -2, 2),
    },
    {
      id: 'drift',
      description:
        '1 − cos(g now, g at the previous decision), [0, 2] → [−1, 1] (Liu et al. 2021, AutoFreeze reads change of g)',
      value: s => -s.persistence,
    },
    {
      id: 'alignment',
      description: 'cos of the two half-batches’ gradients (stiffness: Fort et al. 2019)',
      value: s => s.alignment,
    },
    {
      id: 'activation-shift',
      description: '1 − linear CKA against the pretrained net, [0, 1] → [−1, 1] (Kornblith et al. 2019)',
      value: s => share(1 - s.similarity),
    },
  ],
  global: [
    { id: 'budget-left', description: 'share of the budget left', value: s => share(s.budgetLeft) },
    {
      id: 'loss',
      description: 'reward-split loss / loss of guessing (ln C for C classes), log10 in [−2, 0.5]',
      value: s => logScaled(s.loss / s.chance, -2, 0.5),
    },
    {
      id: 'trend',
      description: 'log L(t−1) − log L(t) over the last round, [−0.5, 0.5] → [−1, 1]',
      value: s => 2 * (Math.log(s.previousLoss) - Math.log(s.loss)),
    },
    {
      id: 'generalisation-gap',
      description: 'log(reward-split loss / training loss), [−1, 1]; frozen prefixes overfit less',
      value: s => Math.log(s.loss / s.trainLoss),
    },
    {
      id: 'score',
      description: 'what rewards are differences of, on the reward split',
      value: s => share(s.score),
    },
  ],
}

/** The observation vector, clipped into [-1, 1]; a figure that can't be computed reads 0. */
export function observe(space: StateSpace, group: GroupStatistics, global: GlobalStatistics): Float32Array {
  const values = [
    ...space.group.map(feature => feature.value(group)),
    ...space.global.map(feature => feature.value(global)),
  ]
  return Float32Array.from(values, value => (Number.isFinite(value) ? Math.min(1, Math.max(-1, value)) : 0))
}

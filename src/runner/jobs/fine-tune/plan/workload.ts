import type { Schedule } from '../../../../agents/schedules/schedule.ts'
import { PROBE_CLIPS } from '../../../../envs/finetune/probe.ts'
import { L2_STRENGTHS } from '../../../../models/tasks/solve-by-loss.ts'
import { longestRun, roundStepsOf, type WholeConfig } from '../../../instances/config.ts'
import type { Composition } from '../../../instances/instance.ts'
import type { PerKind } from '../../../runs/phase.ts'
import { NO_STEPS } from '../../../runs/phase.ts'

/** What must be known of a network and its clips to say how many steps a run takes. */
export interface Workload {
  readonly batchSize: number
  readonly clips: Readonly<Record<'train' | 'probe' | 'reward' | 'test', number>>
  /** FLOPs of one clip: a training step of all groups and of the head alone, a forward pass of both. */
  readonly flops: Readonly<Record<'full' | 'head' | 'forward' | 'headForward', number>>
  /** Rounds that are played again for each one that an agent plays, at most: what credit by differences takes. */
  readonly replays: number
  /** The reward compares with full fine-tuning, which is played for it. */
  readonly needsBaseline: boolean
  readonly schedule: (name: string) => Schedule
}

/** What is trained in a run. */
export interface RunKind {
  /** The head alone, or everything. */
  readonly head: boolean
  /** Agents read statistics at every decision. */
  readonly statistics: boolean
  /** Scored on the test split at the end. */
  readonly test: boolean
}

export function workloadOf({ worlds, splits, config, container }: Composition): Workload {
  const { trainee, batchSize, reward } = worlds[0].options
  const { network } = trainee
  const head = network.groups.length - 1
  const { train, probe, test } = splits
  return {
    batchSize,
    clips: { train: train.length, probe: probe.length, reward: splits.reward.length, test: test.length },
    flops: {
      full: network.stepFlops(network.groups.map(() => true)),
      head: network.stepFlops(network.groups.map((_, group) => group === head)),
      forward: network.forwardFlops(),
      headForward: network.forwardFlops(head),
    },
    replays: config.credit === 'difference' ? network.groups.length : 0,
    needsBaseline: reward.needsBaseline === true,
    schedule: name => container.get('schedules', name),
  }
}

/** The steps of a run that ends with its budget of steps or of FLOPs, round by round as worlds play it. */
export function stepsOf(
  { head, statistics, test }: RunKind,
  config: WholeConfig,
  { batchSize, clips, flops: per }: Workload,
): PerKind {
  const step = batchSize * (head ? per.head : per.full)
  const reading = statistics ? Math.min(PROBE_CLIPS, clips.probe) * (per.full + per.forward) : 0
  const evaluation = clips.reward * (head ? per.headForward : per.forward)
  const budget = config.budgetSteps * batchSize * per.full
  // A frozen prefix is paid for once a clip.
  let flops = clips.reward * per.forward + (head ? clips.train * (per.forward - per.headForward) : 0)
  let steps = 0
  let rounds = 0
  do {
    flops += reading
    // None where the statistics took what was left.
    const affordable = Math.max(0, Math.ceil((budget - flops) / step))
    const taken = Math.min(roundStepsOf(config), longestRun(config) - steps, affordable)
    steps += taken
    flops += taken * step + evaluation
    rounds++
  } while (steps < longestRun(config) && flops < budget)
  const tested = test ? clips.test / clips.reward : 0
  return {
    full: head ? 0 : steps,
    head: head ? steps : 0,
    statistics: statistics ? rounds : 0,
    evaluation: (head ? 0 : rounds + 1) + tested,
    headEvaluation: head ? rounds + 1 : 0,
  }
}

/** The linear probe: features of all clips once, then an evaluation for each strength of L2; the solver is not counted. */
export function probeSteps({ clips }: Workload): PerKind {
  return { ...NO_STEPS, evaluation: 1 + clips.train / clips.reward, headEvaluation: L2_STRENGTHS.length }
}

/** One that is solved already: the test split alone. */
export function testSteps({ clips }: Workload): PerKind {
  return { ...NO_STEPS, evaluation: clips.test / clips.reward }
}

import { setImmediate as nextTurn } from 'node:timers/promises'
import { interrupted } from '../../../../common/error.ts'
import { median } from '../../../../common/quantile.ts'
import { Rng } from '../../../../common/random.ts'
import { measure } from '../../../../envs/finetune/evaluation.ts'
import { Probe } from '../../../../envs/finetune/probe.ts'
import type { Composition } from '../../../instances/instance.ts'
import { type Clock, secondsSince } from '../../../play/roles.ts'
import type { PerKind, StepKind } from '../../../runs/phase.ts'

const TIMES = 3
/** A kind that has taken longer is not measured again: on a slow engine one step is long enough to go by. */
const ENOUGH_SECONDS = 5
/** So small that measuring can't break a network. */
const RATE = 1e-9

interface Measuring {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The first of each kind will do: more of them would take as long as the run. */
  readonly once?: boolean
}

/**
 * Seconds of a step of each kind on the first worker's network: the median of three after one to warm up. The trainee
 * is left as it was; nothing of the run's randomness is drawn from.
 * @throws interrupted when the signal is aborted
 */
export async function measureSteps(
  { worlds }: Pick<Composition, 'worlds'>,
  measuring: Measuring,
): Promise<PerKind> {
  const { trainee, splits, norms, batchSize } = worlds[0].options
  const batch = splits.train.slice(0, batchSize)
  const dropout = Rng.of(0, 'plan')
  const probe = new Probe(trainee, splits.probe)
  const groups = trainee.network.groups.map((_, group) => group)
  const evaluate = () => measure(trainee, splits.reward)
  const work: Readonly<Record<StepKind, () => unknown>> = {
    head: () => trainee.step(batch, withRates(groups, groups.length - 1), dropout),
    headEvaluation: evaluate,
    full: () => trainee.step(batch, withRates(groups, 0), dropout),
    evaluation: evaluate,
    statistics: () => probe.measure(),
  }
  const before = trainee.snapshot()
  trainee.reset(trainee.pretrained, norms)
  try {
    // In this order: what is cached, and what an evaluation goes through, follows from the steps before.
    const seconds: [StepKind, number][] = []
    for (const kind of ['head', 'headEvaluation', 'full', 'evaluation', 'statistics'] as const)
      seconds.push([kind, await time(work[kind], measuring)])
    return Object.fromEntries(seconds) as Record<StepKind, number>
  } finally {
    trainee.restore(before)
  }
}

async function time(work: () => unknown, { clock, signal, once = false }: Measuring): Promise<number> {
  const timed = async () => {
    await nextTurn()
    if (signal.aborted) throw interrupted()
    const start = clock()
    work()
    return secondsSince(start, clock)
  }
  const warmUp = await timed()
  if (once || warmUp > ENOUGH_SECONDS) return warmUp
  const taken: number[] = []
  let sum = 0
  while (taken.length < TIMES && sum < ENOUGH_SECONDS) {
    taken.push(await timed())
    sum += taken[taken.length - 1]
  }
  return median(taken)
}

function withRates(groups: readonly number[], from: number): readonly number[] {
  return groups.map(group => (group < from ? 0 : RATE))
}

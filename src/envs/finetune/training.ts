import { setImmediate as nextTurn } from 'node:timers/promises'
import { interrupted } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import { isGuessing, type Task } from '../../models/tasks/task.ts'
import type { Trainee } from '../../models/trainee.ts'
import { type GroupSetting, ratesOf } from './actions.ts'
import type { BatchOrder } from './batches.ts'
import { divergedMeasurement, type Measurement, measure } from './evaluation.ts'
import type { FineTuningOptions, Moment, Progress } from './world-state.ts'

type Setup = Pick<
  FineTuningOptions,
  'trainee' | 'splits' | 'batchSize' | 'budgetSteps' | 'signal' | 'shape'
> & {
  readonly settings: readonly GroupSetting[]
  readonly order: BatchOrder
  readonly dropout: Rng
  /** Of the whole run: no step begins once they are spent. */
  readonly budgetFlops: number
  readonly onStep?: (step: number) => void
}

/** A run that nothing has happened to yet. */
export function startOf(measured: Measurement, trainee: Trainee): Progress {
  const { loss } = measured.evaluation
  return {
    step: 0,
    measured,
    best: momentOf(measured, measured.evaluation.score, 0, trainee),
    returns: new Float64Array(measured.scores.length),
    previousLoss: loss,
    trainLoss: loss,
    done: false,
    diverged: false,
  }
}

/**
 * Trains with the same settings up to the step `until`, as far as the budget goes, and evaluates on the reward split.
 * @returns how far the run has come then
 * @throws interrupted when the signal is aborted
 */
export async function advance(before: Progress, until: number, setup: Setup): Promise<Progress> {
  const { trainee, splits, batchSize, budgetSteps, budgetFlops, settings } = setup
  const rates = ratesOf(settings)
  const losses: number[] = []
  let { step } = before
  let broken = false
  while (step < Math.min(until, budgetSteps) && !broken && trainee.flops < budgetFlops) {
    if (setup.signal?.aborted) throw interrupted()
    const factor = setup.shape?.(Math.max(step / budgetSteps, trainee.flops / budgetFlops)) ?? 1
    const result = trainee.step(
      setup.order.next(batchSize),
      rates.map(rate => rate * factor),
      setup.dropout,
    )
    step++
    if (result !== undefined) losses.push(result.loss)
    broken = result !== undefined && !Number.isFinite(result.loss)
    setup.onStep?.(step)
    await nextTurn()
  }
  const scored = measure(trainee, splits.reward)
  const diverged = broken || blownUp(scored, trainee.task)
  const measured = diverged ? divergedMeasurement(scored, trainee.task) : scored
  const now = momentOf(measured, diverged ? 0 : smoothed(before, measured), step, trainee)
  return {
    ...before,
    step,
    measured,
    best: bestOf(before, now, diverged),
    previousLoss: before.measured.evaluation.loss,
    trainLoss: losses.length === 0 ? before.trainLoss : losses.reduce((a, b) => a + b, 0) / losses.length,
    done: diverged || step >= budgetSteps || trainee.flops >= budgetFlops,
    diverged,
  }
}

/**
 * Past the bound of divergence, and no better than guessing: a confident network that is right about most clips may pass
 * the bound by a few that it is wrong about (seven of 533 measured runs did, at 89 % accuracy: docs/results/selection.md).
 */
function blownUp({ evaluation }: Measurement, task: Task): boolean {
  return !Number.isFinite(evaluation.loss) || (evaluation.loss > task.worst && isGuessing(task, evaluation))
}

/** The start is no round: it counts only until there is one, since what it was solved for was chosen on the same split. */
function bestOf({ step, best }: Progress, now: Moment, diverged: boolean): Moment {
  if (step === 0 && !diverged) return now
  return isBetter(chosenBy(now), chosenBy(best)) ? now : best
}

/** Whether a moment is to be preferred: a higher score, or the same at a lower loss. */
export function isBetter(a: Chosen, b: Chosen): boolean {
  return a.score > b.score || (a.score === b.score && a.loss < b.loss)
}

type Chosen = Pick<Measurement['evaluation'], 'score' | 'loss'>

function chosenBy({ score, measured }: Moment): Chosen {
  return { score, loss: measured.evaluation.loss }
}

/** The mean of two rounds; of the first alone, since the start is none. */
function smoothed(before: Progress, { evaluation }: Measurement): number {
  return before.step === 0 ? evaluation.score : (before.measured.evaluation.score + evaluation.score) / 2
}

function momentOf(measured: Measurement, score: number, step: number, trainee: Trainee): Moment {
  return { measured, score, step, flops: trainee.flops, handle: trainee.moment() }
}

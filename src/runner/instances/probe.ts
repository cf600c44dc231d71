import { measure } from '../../envs/finetune/evaluation.ts'
import { isBetter } from '../../envs/finetune/training.ts'
import type { FineTuning } from '../../envs/finetune/world.ts'
import type { Weights } from '../../models/initialize.ts'
import { linearProbe } from '../../models/linear-probe.ts'
import { type Clock, secondsSince } from '../play/roles.ts'
import type { Probe } from './trained.ts'

/**
 * Solves the probe for each strength of L2 and takes the one with the best score on the reward split.
 * @param world a world on the network with the linear head
 * @param shared whether that is the network that is fine-tuned
 */
export async function solveProbe(
  world: FineTuning<unknown>,
  options: { readonly clock: Clock; readonly shared: boolean },
): Promise<Probe> {
  const { trainee, splits } = world.options
  const { clock } = options
  const start = clock()
  await world.reset(0)
  const base = trainee.read()
  let best: { head: Weights; l2: number; measured: ReturnType<typeof measure> } | undefined
  let flops = 0
  for (const solution of linearProbe(trainee, splits.train)) {
    trainee.assign({ ...base, ...solution.weights })
    const measured = measure(trainee, splits.reward)
    flops = solution.flops
    if (best === undefined || isBetter(measured.evaluation, best.measured.evaluation))
      best = { head: solution.weights, l2: solution.l2, measured }
  }
  if (best === undefined) throw new Error('no strength of L2 was tried')
  const { score, loss, primary } = best.measured.evaluation
  const total = trainee.flops + flops
  const solved = { step: 0, score, rewardLoss: loss, rewardPrimary: primary }
  return {
    ...(options.shared && { head: best.head }),
    weights: { ...base, ...best.head },
    l2: best.l2,
    run: {
      ...solved,
      clipScores: [...best.measured.scores],
      curve: [{ ...solved, flops: total }],
      diverged: false,
      flops: total,
      seconds: secondsSince(start, clock),
    },
  }
}

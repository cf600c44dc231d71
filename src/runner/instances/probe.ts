import { measure } from '../../envs/finetune/evaluation.ts'
import { isBetter } from '../../envs/finetune/training.ts'
import type { FineTuning } from '../../envs/finetune/world.ts'
import type { Weights } from '../../models/initialize.ts'
import { linearProbe } from '../../models/linear-probe.ts'
import { L2_STRENGTHS } from '../../models/logistic.ts'
import type { Clock } from '../play/roles.ts'
import type { Probe } from './trained.ts'

/**
 * Solves the probe for each strength of L2 and takes the one with the best score on the reward split.
 * @param world a world on the network with the linear head; `weight`: what each train clip counts for
 * @param shared whether that is the network that is fine-tuned
 */
export async function solveProbe(
  world: FineTuning<unknown>,
  options: { readonly clock: Clock; readonly shared: boolean; readonly weight?: (label: number) => number },
): Promise<Probe> {
  const { trainee, splits, classes, balanced = false } = world.options
  const { clock, weight } = options
  const start = clock()
  await world.reset(0)
  const base = trainee.snapshot().weights
  let best: { head: Weights; l2: number; measured: ReturnType<typeof measure> } | undefined
  let flops = 0
  const solutions = linearProbe(trainee, splits.train, {
    classes,
    weight: weight && (clip => weight(trainee.label(clip))),
  })
  for (const solution of solutions) {
    trainee.assign({ ...base, ...solution.weights })
    const measured = measure(trainee, splits.reward, balanced)
    flops = solution.flops
    if (best === undefined || isBetter(measured.evaluation, best.measured.evaluation))
      best = { head: solution.weights, l2: solution.l2, measured }
  }
  if (best === undefined) throw new Error('no strength of L2 was tried')
  const { score, loss, accuracy } = best.measured.evaluation
  const total = trainee.flops + flops
  const row = {
    step: 0,
    flops: total,
    score,
    rewardLoss: loss,
    rewardAccuracy: accuracy,
  }
  return {
    ...(options.shared && { head: best.head }),
    weights: { ...base, ...best.head },
    l2: best.l2,
    atEdge: best.l2 === L2_STRENGTHS[0] || best.l2 === L2_STRENGTHS[L2_STRENGTHS.length - 1],
    run: {
      ...{ score, rewardLoss: loss, rewardAccuracy: accuracy, step: 0 },
      clipScores: [...best.measured.scores],
      curve: [row],
      diverged: false,
      flops: total,
      seconds: (clock() - start) / 1000,
    },
  }
}

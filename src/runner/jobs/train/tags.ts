import type { LearnReport } from '../../../agents/agent.ts'
import { mean } from '../../../common/statistics.ts'
import type { PolicyEvaluation } from '../../play/evaluate.ts'
import type { CurvePoint } from '../../play/points.ts'

/** Figures whose name there is another one. */
const NAMES: Readonly<Record<string, string>> = {
  policyLoss: 'policy_gradient_loss',
  kl: 'approx_kl',
  approximateKl: 'approx_kl',
  updates: 'n_updates',
}

/** An agent's figures as Stable-Baselines3 tags them: `policyLoss` is `train/policy_gradient_loss`. */
export function trainTags(report: LearnReport): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(report).map(([name, value]) =>
      // There the loss is logged, of which the entropy is the negative.
      name === 'entropy'
        ? ['train/entropy_loss', -value]
        : [`train/${NAMES[name] ?? snakeCase(name)}`, value],
    ),
  )
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

/** A point of the curves under Stable-Baselines3's tags. */
export function pointScalars({ step, seconds, lengths, report }: CurvePoint, recent: readonly number[]) {
  return {
    ...(recent.length > 0 ? { 'rollout/ep_rew_mean': mean(recent) } : {}),
    ...(lengths.length > 0 ? { 'rollout/ep_len_mean': mean(lengths) } : {}),
    ...(seconds > 0 ? { 'time/fps': step / seconds } : {}),
    ...trainTags(report),
  }
}

/** An evaluation, likewise. */
export function evaluationScalars({ meanReturn, meanLength }: PolicyEvaluation) {
  return { 'eval/mean_reward': meanReturn, 'eval/mean_ep_length': meanLength }
}

import { mean } from '../../common/statistics.ts'
import type { RunEvent } from './events.ts'

/** Numbers of one moment, by name. */
export interface Figures {
  readonly step: number
  readonly values: Readonly<Record<string, number>>
}

/**
 * What an event says in numbers, as tools for curves take them: an episode's by its number, an agent's update's by its
 * own, training's by its steps, a run's by how many came before it.
 * @param runs of schedules, policies and contenders that were told before this event
 * @returns undefined where it says nothing in numbers
 */
export function figuresOf(event: RunEvent, runs: number): Figures | undefined {
  switch (event.type) {
    case 'episode': {
      const {
        index,
        kind,
        return: paid,
        score,
        rewardLoss,
        rewardPrimary,
        flops,
        seconds,
        steps,
      } = event.episode
      const name = kind === 'greedy' ? 'greedy' : 'episode'
      return named(name, index + 1, { return: paid, score, rewardLoss, rewardPrimary, flops, seconds, steps })
    }
    case 'update':
      return named(event.agent, event.update, event.report)
    case 'run': {
      const { score, rewardLoss, rewardPrimary, flops, seconds } = event
      return named(`run/${event.key}`, runs + 1, { score, rewardLoss, rewardPrimary, flops, seconds })
    }
    case 'point': {
      const { step, returns, seconds, report } = event.point
      return named('training', step, {
        // Of none there is no mean: what is not finite is left out.
        return: returns.length === 0 ? Number.NaN : mean(returns),
        'steps/s': step / seconds,
        ...report,
      })
    }
    case 'evaluation': {
      const { step, meanReturn, stdReturn } = event.point
      return named('evaluation', step, { meanReturn, stdReturn })
    }
    default:
      return undefined
  }
}

function named(group: string, step: number, values: Readonly<Record<string, number>>): Figures {
  const finite = Object.entries(values).filter(([, value]) => Number.isFinite(value))
  return { step, values: Object.fromEntries(finite.map(([name, value]) => [`${group}/${name}`, value])) }
}

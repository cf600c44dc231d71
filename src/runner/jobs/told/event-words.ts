import { mean } from '../../../common/statistics.ts'
import type { CurvePoint } from '../../play/points.ts'
import { percent, scheduleLabel, uncertain } from '../../report/words.ts'
import type { RunEvent } from '../../runs/events.ts'
import { planWords } from './plan-words.ts'

const seconds = (value: number) => `${value.toFixed(1)} s`

/**
 * An event as people read it, in a line; undefined for what is for the moment only.
 * @param metric what counts, by the task's name for it
 */
export function eventWords(event: RunEvent, metric: string): string | undefined {
  switch (event.type) {
    case 'notice':
      return event.message
    case 'plan':
      return planWords(event)
    case 'phase':
      return `${event.phase}: ${event.total}`
    case 'episode': {
      const { index, kind, returnNoise, score, rewardPrimary, failure, diverged } = event.episode
      const name = kind === 'greedy' ? 'greedy run' : `episode ${index + 1}`
      if (failure !== undefined) return `${name} failed: ${failure}`
      return (
        `${name}: return ${uncertain(event.episode.return, returnNoise)}, ${onRewardSplit(score, rewardPrimary, metric)}` +
        `${diverged ? ', diverged' : ''}, ${seconds(event.episode.seconds)}`
      )
    }
    case 'point':
      return pointWords(event.point)
    case 'evaluation': {
      const { step, episodes, meanReturn, stdReturn } = event.point
      return `step ${step}: ${episodes} greedy episodes return ${meanReturn.toFixed(2)} ± ${stdReturn.toFixed(2)}`
    }
    case 'figures':
      return `step ${event.step}: ${figureWords(event.figures).join(', ')}`
    case 'run':
      return `${runName(event.key)}: ${onRewardSplit(event.score, event.rewardPrimary, metric)}, ${seconds(event.seconds)}`
    case 'saved':
      return `saved: the model of ${event.from === 'policy' ? 'the learned policy' : scheduleLabel(event.from)}, the best so far (score ${event.score.toFixed(3)})`
    case 'failed':
      return `${runName(event.key)} failed: ${event.cause}`
    case 'done':
      return `done, hash ${event.hash.slice(0, 16)}`
    default:
      return undefined
  }
}

function onRewardSplit(score: number, primary: number, metric: string): string {
  return `score ${score.toFixed(3)} on the reward split, ${metric} ${percent(primary)}`
}

/** A run's key as people say it: `search/lpFt/1.0e-4/1.0e-3/2/1`, `lpFt x2/3`, `policy/3`. */
export function runName(key: string): string {
  const [first, name, rate, headRate, length, searchSeed] = key.split('/')
  if (first !== 'search') {
    const final = /^(\w+)( x2)?\/(\d+)$/.exec(key)
    // A study's keys are words already.
    if (final === null) return key
    const [, schedule, twice, seed] = final
    const label = schedule === 'policy' ? 'the learned policy' : scheduleLabel(schedule)
    return `${label}${twice === undefined ? '' : ', twice the budget'}, seed ${seed}`
  }
  if (name === 'linearProbe') return scheduleLabel(name)
  const rates = Number(rate) === 0 ? `head at ${headRate}` : `rate ${rate}`
  const twice = Number(length) > 1 ? ', twice the budget' : ''
  return `${scheduleLabel(name)}, ${rates}${twice}, seed ${searchSeed}`
}

/** Returns of training episodes and the agent's main figures. */
function pointWords({ step, seconds, returns, report }: CurvePoint): string {
  return [
    `step ${step}: return ${meanWords(returns)}`,
    ...figureWords(report, 4),
    `${Math.round(step / seconds)} steps/s`,
  ].join(', ')
}

function figureWords(
  figures: Readonly<Record<string, number>>,
  most = Number.POSITIVE_INFINITY,
): readonly string[] {
  return Object.entries(figures)
    .slice(0, most)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`)
}

/** Of returns, to two digits; `-` where there are none. */
export function meanWords(returns: readonly number[]): string {
  return returns.length === 0 ? '-' : mean(returns).toFixed(2)
}

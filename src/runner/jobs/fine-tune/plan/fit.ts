import { inputError } from '../../../../common/error.ts'
import type { WholeConfig } from '../../../instances/config.ts'

/** Of the minutes, what is planned for; the rest is for what no step shows: saving, the report, a busy machine. */
const USABLE = 0.9
/** Of the budget that was asked for, what must be left: a run that is starved says nothing. */
const LEAST_BUDGET = 0.6
const FEWER_RATES = 3

export interface Fitted {
  readonly config: WholeConfig
  /** What gave way, a sentence each. */
  readonly said: readonly string[]
}

export interface Costs {
  /** The most that a run may take. */
  seconds(config: WholeConfig): number
  /** Episodes that one update of the agents takes. */
  perUpdate(config: WholeConfig): number
}

/**
 * Fits a run into so many minutes. What gives way, in this order: episodes, down to what one update takes; the rates
 * that baselines try, down to three; the baseline from scratch; a run's budget, down to 60 %; if that isn't enough, all
 * learning. Then there are as many episodes as there is time for.
 * @throws input error naming the least minutes where even that doesn't fit
 */
export function fitInto(minutes: number, asked: WholeConfig, costs: Costs): Fitted {
  const fits = (config: WholeConfig) => costs.seconds(config) <= 60 * minutes * USABLE
  const config =
    givingWay(asked, own => fits(oneUpdate(own, costs))) ?? givingWay(asked, own => fits(unlearned(own)))
  if (config === undefined) throw tooFew(asked, minutes, costs)
  const fitted = fits(oneUpdate(config, costs)) ? withEpisodes(config, costs, fits) : unlearned(config)
  return { config: fitted, said: sayWhat(asked, fitted, minutes, costs) }
}

/** The first that fits, as little as possible given way; episodes aside. */
function givingWay(asked: WholeConfig, fits: (config: WholeConfig) => boolean): WholeConfig | undefined {
  const rates = { ...asked, baselineRates: Math.min(asked.baselineRates, FEWER_RATES) }
  const fewer = withoutScratch(rates)
  const found = [asked, rates, fewer].find(fits)
  if (found !== undefined) return found
  const steps = largest(leastBudget(asked), asked.budgetSteps, budgetSteps => fits({ ...fewer, budgetSteps }))
  return steps === undefined ? undefined : { ...fewer, budgetSteps: steps }
}

function withoutScratch(config: WholeConfig): WholeConfig {
  const baselines = config.baselines.filter(name => name !== 'fromScratch')
  return baselines.length === 0 ? config : { ...config, baselines }
}

/** All episodes that were asked for, or as many as fit; what is beyond a whole number of updates would teach nothing. */
function withEpisodes(
  config: WholeConfig,
  costs: Costs,
  fits: (config: WholeConfig) => boolean,
): WholeConfig {
  if (fits(config)) return config
  const per = costs.perUpdate(config)
  const updates = largest(1, Math.floor(config.episodes / per), n => fits({ ...config, episodes: n * per }))
  return updates === undefined ? oneUpdate(config, costs) : { ...config, episodes: updates * per }
}

function oneUpdate(config: WholeConfig, costs: Costs): WholeConfig {
  return { ...config, episodes: Math.min(config.episodes, costs.perUpdate(config)) }
}

function unlearned(config: WholeConfig): WholeConfig {
  return { ...config, episodes: 0 }
}

function leastBudget({ budgetSteps }: WholeConfig): number {
  return Math.ceil(LEAST_BUDGET * budgetSteps)
}

/** The largest of low … high that fits, where what is smaller fits all the more; undefined where not even `low` does. */
function largest(low: number, high: number, fits: (value: number) => boolean): number | undefined {
  if (low > high || !fits(low)) return undefined
  let [fitting, tooLarge] = [low, high + 1]
  while (tooLarge - fitting > 1) {
    const middle = Math.floor((fitting + tooLarge) / 2)
    if (fits(middle)) fitting = middle
    else tooLarge = middle
  }
  return fitting
}

function sayWhat(
  asked: WholeConfig,
  fitted: WholeConfig,
  minutes: number,
  { perUpdate }: Costs,
): readonly string[] {
  const within = `to end within ${minutes} minutes: `
  const said: string[] = []
  if (fitted.episodes === 0 && asked.episodes > 0 && asked.policy === undefined)
    said.push(`no episodes: one update of the agents takes ${perUpdate(fitted)}, so nothing is learned`)
  else if (fitted.episodes !== asked.episodes)
    said.push(`${fitted.episodes} episodes instead of ${asked.episodes}`)
  if (fitted.baselineRates !== asked.baselineRates)
    said.push(
      `baselines try ${fitted.baselineRates} learning rates at most instead of ${asked.baselineRates}`,
    )
  if (fitted.baselines.length !== asked.baselines.length) said.push('no comparison with fromScratch')
  if (fitted.budgetSteps !== asked.budgetSteps)
    said.push(`a budget of ${fitted.budgetSteps} steps a run instead of ${asked.budgetSteps}`)
  return said.map(what => within + what)
}

function tooFew(asked: WholeConfig, minutes: number, costs: Costs) {
  const shortest = {
    ...withoutScratch(asked),
    baselineRates: Math.min(asked.baselineRates, FEWER_RATES),
    budgetSteps: leastBudget(asked),
  }
  const needed = (config: WholeConfig) => roundedUp(costs.seconds(config) / 60 / USABLE)
  const least = needed(unlearned(shortest))
  const learning = asked.policy === undefined && asked.episodes > 0
  const taught = learning ? ` (${needed(oneUpdate(shortest, costs))} with one update of the agents)` : ''
  return inputError(
    'minutes.too-few',
    `${minutes} minutes are too few for a sound run: one may take ${least}${taught}; give --minutes ${least} or more, ` +
      'or make steps cheaper with a smaller --size, fewer --frames, fewer --baselines or --baseline-seeds',
  )
}

/** Whole minutes; below one, tenths. */
function roundedUp(minutes: number): number {
  return minutes > 1 ? Math.ceil(minutes) : Math.ceil(10 * minutes) / 10
}

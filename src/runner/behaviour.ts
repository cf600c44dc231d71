import type { Behaviour, RoundSummary, Start } from './summary.ts'

/** How far two rates may differ to be called the same. */
const SAME = 1.001

/**
 * What greedy runs of a policy did, in words, and the schedule that they are, where they are one: a policy whose
 * choices never change what it started with is that start, one that moves the head alone is a head-only run.
 * @param runs greedy runs, each its rounds
 */
export function behaviourOf(runs: readonly (readonly RoundSummary[])[], start: Start): Behaviour {
  const rates = runs.map(rounds => rounds.map(({ groups }) => groups.map(({ learningRate }) => learningRate)))
  const actions = runs.flatMap(rounds =>
    rounds.map(({ groups }) => groups.map(({ action }) => action).join()),
  )
  const readsStates = new Set(actions).size > 1
  const schedule = scheduleOf(rates.flat(), start)
  return { words: words(rates[0] ?? [], schedule, start), ...(schedule && { schedule }), readsStates }
}

/** @param rounds rates of all rounds of all runs, a group each, the head last */
function scheduleOf(rounds: readonly (readonly number[])[], start: Start): string | undefined {
  if (rounds.length === 0) return undefined
  const [first] = rounds
  if (rounds.some(rates => !sameRates(rates, first))) return undefined
  if (sameRates(first, start.rates)) return start.from
  const backbone = first.slice(0, -1)
  const head = first[first.length - 1]
  const fromProbe = start.from === 'linearProbe' || start.from === 'lpFt'
  if (first.every(rate => rate === 0)) return fromProbe ? 'linearProbe' : undefined
  if (backbone.every(rate => rate === 0)) return fromProbe ? undefined : 'headOnly'
  const flat = head > 0 && backbone.every(rate => rate > 0 && sameRate(rate, backbone[0]))
  if (!flat) return undefined
  return fromProbe ? 'lpFt' : 'fullFineTune'
}

function words(rounds: readonly (readonly number[])[], schedule: string | undefined, start: Start): string {
  const groups = start.rates.length
  if (rounds.length === 0) return 'ends the run at once'
  const parts = describeGroups(rounds, groups)
  if (schedule === undefined) return parts
  return sameRates(rounds[0], start.rates) && schedule === start.from
    ? `${parts}: what it started from, unchanged`
    : parts
}

function describeGroups(rounds: readonly (readonly number[])[], groups: number): string {
  const course = (group: number) => rounds.map(rates => rates[group])
  const backbone = Array.from({ length: groups - 1 }, (_, group) => course(group))
  const told = (values: readonly number[]) => tell(values)
  const alike = backbone.every(values => values.every((rate, i) => sameRate(rate, backbone[0][i])))
  const lines = alike
    ? [`${groups > 2 ? 'all pretrained groups' : 'the pretrained group'} ${told(backbone[0])}`]
    : backbone.map((values, group) => `group ${group + 1} ${told(values)}`)
  return [...lines, `the head ${told(course(groups - 1))}`].join(', ')
}

/** "frozen", "at 1e-4", "at 1e-4, 3e-4, then frozen". */
function tell(values: readonly number[]): string {
  const steps = values.filter((rate, i) => i === 0 || !sameRate(rate, values[i - 1]))
  const name = (rate: number) => (rate === 0 ? 'frozen' : `at ${rate.toExponential(0)}`)
  if (steps.length === 1) return rateWords(steps[0])
  const shown = steps.length > 4 ? [...steps.slice(0, 3), steps[steps.length - 1]] : steps
  return `${shown.slice(0, -1).map(name).join(', ')}${steps.length > 4 ? ' …' : ''}, then ${name(shown[shown.length - 1])}`
}

function rateWords(rate: number): string {
  return rate === 0 ? 'frozen throughout' : `at ${rate.toExponential(0)} throughout`
}

function sameRates(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((rate, i) => sameRate(rate, b[i]))
}

function sameRate(a: number, b: number): boolean {
  return a === b || (a > 0 && b > 0 && Math.max(a, b) / Math.min(a, b) < SAME)
}

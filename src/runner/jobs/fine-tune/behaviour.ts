import { DISCRIMINATIVE_RATIO } from '../../../envs/finetune/actions.ts'
import type { Start } from '../../instances/start.ts'
import type { RoundSummary } from '../../play/summary.ts'
import { scheduleLabel } from '../../report/words.ts'
import type { Behaviour } from './summary.ts'

/** How far two rates may differ to be called the same. */
const SAME = 1.001

/**
 * What greedy runs of a policy did, in words, and the schedule that they are, where they are one, at whatever rate: a
 * policy that leaves its start as it is, or scales all of it once, is that start; one that moves the head alone is a
 * head-only run.
 * @param runs greedy runs, each its rounds
 */
export function behaviourOf(runs: readonly (readonly RoundSummary[])[], start: Start): Behaviour {
  const rates = runs.map(rounds => rounds.map(({ groups }) => groups.map(({ learningRate }) => learningRate)))
  const actions = runs.flatMap(rounds =>
    rounds.map(({ root, groups }) => [root, ...groups.map(({ action }) => action)].join()),
  )
  const readsStates = new Set(actions).size > 1
  const schedule = scheduleOf(rates.flat(), start)
  const longest = rates.reduce((a, b) => (b.length > a.length ? b : a), [])
  return { words: words(longest, schedule, start), ...(schedule && { schedule }), readsStates }
}

/** @param rounds rates of all rounds of all runs, a group each, the head last */
function scheduleOf(rounds: readonly (readonly number[])[], start: Start): string | undefined {
  const solved = SOLVED.includes(start.from)
  const [first] = rounds
  // A run that ends at once is what it started from.
  if (first === undefined) return solved ? 'linearProbe' : undefined
  if (rounds.some(rates => !sameRates(rates, first))) return undefined
  const [backbone, head] = [first.slice(0, -1), first[first.length - 1]]
  const fromProbe = solved || start.from === 'lpFt'
  if (first.every(rate => rate === 0)) return fromProbe ? 'linearProbe' : undefined
  if (backbone.every(rate => rate === 0)) return 'headOnly'
  if (start.from !== 'chance' && !solved && inProportion(first, start.rates)) return start.from
  if (head === 0 || backbone.some(rate => rate === 0)) return undefined
  if (backbone.every(rate => sameRate(rate, backbone[0]))) return fromProbe ? 'lpFt' : 'fullFineTune'
  const steady = backbone.every(
    (rate, i) => i === 0 || sameRate(rate / DISCRIMINATIVE_RATIO, backbone[i - 1]),
  )
  return steady && !fromProbe ? 'discriminative' : undefined
}

/** Starts whose head is the linear probe's solution and whose rates are nobody's. */
const SOLVED: readonly string[] = ['linearProbe', 'probe']

function words(rounds: readonly (readonly number[])[], schedule: string | undefined, start: Start): string {
  const nothing = 'trains nothing'
  const solved = SOLVED.includes(start.from) || start.from === 'lpFt'
  const isProbe = solved ? ': it keeps the linear probe’s solution, which it started from' : ''
  if (rounds.length === 0) return `ends the run at once${isProbe}`
  if (rounds.flat().every(rate => rate === 0)) return `${nothing}${isProbe}`
  const parts = describeGroups(rounds, start.rates.length)
  if (schedule === undefined) return parts
  const from = solved && schedule === 'headOnly' ? ', from the linear probe’s solution' : ''
  const unchanged =
    schedule === start.from && sameRates(rounds[0], start.rates) ? ', what it started from, unchanged' : ''
  return `${parts}: ${scheduleLabel(schedule)}${from}${unchanged}`
}

function describeGroups(rounds: readonly (readonly number[])[], groups: number): string {
  const course = (group: number) => rounds.map(rates => rates[group])
  const backbone = Array.from({ length: groups - 1 }, (_, group) => course(group))
  const alike = backbone.every(values => values.every((rate, i) => sameRate(rate, backbone[0][i])))
  const lines = alike
    ? [`${groups > 2 ? 'all pretrained groups' : 'the pretrained group'} ${tell(backbone[0])}`]
    : backbone.map((values, group) => `group ${group + 1} ${tell(values)}`)
  return [...lines, `the head ${tell(course(groups - 1))}`].join('; ')
}

/** "frozen throughout", "at 1e-4, at 3e-4, then frozen". */
function tell(values: readonly number[]): string {
  const steps = values.filter((rate, i) => i === 0 || !sameRate(rate, values[i - 1]))
  const name = (rate: number) => (rate === 0 ? 'frozen' : `at ${rate.toExponential(0)}`)
  if (steps.length === 1) return `${name(steps[0])} throughout`
  const long = steps.length > 4
  const before = (long ? steps.slice(0, 3) : steps.slice(0, -1)).map(name).join(', ')
  return `${before}${long ? ' …' : ''}, then ${name(steps[steps.length - 1])}`
}

/** Frozen where the others are frozen, and the other rates all scaled alike. */
function inProportion(rates: readonly number[], others: readonly number[]): boolean {
  const moving = others.findIndex(rate => rate > 0)
  if (moving < 0 || !(rates[moving] > 0)) return false
  const factor = rates[moving] / others[moving]
  return sameRates(
    rates,
    others.map(rate => rate * factor),
  )
}

function sameRates(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((rate, i) => sameRate(rate, b[i]))
}

function sameRate(a: number, b: number): boolean {
  return a === b || (a > 0 && b > 0 && Math.max(a, b) / Math.min(a, b) < SAME)
}

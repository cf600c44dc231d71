import type { Rng } from '../../src/common/random.ts'
import { mean } from '../../src/common/statistics.ts'
import { acrossInstances } from '../../src/runner/inference/across-instances.ts'
import { LEVEL } from '../../src/runner/inference/holm.ts'
import { type Inference, intervalOf } from '../../src/runner/inference/inference.ts'
import { onInstance } from '../../src/runner/inference/on-instance.ts'
import type { Interval } from '../../src/runner/inference/statistics.ts'
import { compareWithBaselines } from '../../src/runner/jobs/fine-tune/compare.ts'
import { parseContenders } from '../../src/runner/jobs/study/config.ts'
import type { Outcome } from '../../src/runner/jobs/study/outcome.ts'
import { summarizeStudy } from '../../src/runner/jobs/study/summarize.ts'
import { nullRuns, type Run, type World } from './null-worlds.ts'
import { pigeonholeInterval } from './pigeonhole.ts'

const RESAMPLES = 400
/** The old interval costs more than all else: it is drawn for one simulation in so many. */
const SELDOM = 4

export interface IntervalRecord extends World {
  readonly kind: 'interval'
  readonly simulations: number
  /** 95 % intervals that leave out the true difference, none. */
  readonly misses: number
  /** "Better" or "worse", of one comparison. */
  readonly claims: number
  /** Misses of the interval that was used before, and of how many. */
  readonly before: number
  readonly beforeOf: number
  /** Mean, a share of accuracy. */
  readonly detectable: number
  /** Claims where the true difference is the detectable one. */
  readonly found: number
}

/** Two equal contenders, again and again. */
export function coverageOf(world: World, simulations: number, rng: Rng): IntervalRecord {
  const sets = Array.from({ length: simulations }, () => nullRuns(world, 2, rng))
  const some = sets.filter((_, i) => i % SELDOM === 0)
  const inferred = sets.map(([a, b]) => inferenceOf(a, b, 0, rng))
  const detectable = mean(inferred.map(each => each.detectable(LEVEL)))
  return {
    kind: 'interval',
    ...world,
    simulations,
    misses: inferred.filter(each => excludesZero(intervalOf(each))).length,
    claims: inferred.filter(isClaimed).length,
    before: some.filter(([a, b]) => excludesZero(pigeonholeInterval(rowsOf(a, b), rng, RESAMPLES))).length,
    beforeOf: some.length,
    detectable,
    found: sets.filter(([a, b]) => isClaimed(inferenceOf(a, b, detectable, rng))).length,
  }
}

export interface FineTuneRecord extends World {
  readonly kind: 'fine-tune'
  readonly baselines: number
  readonly simulations: number
  /** Comparisons of one policy with its baselines in which any is called better or worse. */
  readonly claims: number
  readonly notWorse: number
}

/** A method against itself under other seeds, as fine-tune compares: accuracy and loss, of all baselines together. */
export function fineTuneClaims(
  world: World,
  baselines: number,
  simulations: number,
  rng: Rng,
): FineTuneRecord {
  let [claims, notWorse] = [0, 0]
  for (let i = 0; i < simulations; i++) {
    const [policy, ...others] = nullRuns(world, 1 + baselines, rng).map(([seeds]) => ({
      perSeed: seeds.map(({ clips }) => clips),
    }))
    const found = Object.values(
      compareWithBaselines({
        policy,
        baselines: Object.fromEntries(others.map((each, b) => [`${b}`, each])),
      }),
    )
    if (found.some(({ verdict }) => verdict !== 'undecided')) claims++
    if (found.some(comparison => comparison.notWorse)) notWorse++
  }
  return { kind: 'fine-tune', ...world, baselines, simulations, claims, notWorse }
}

export interface TableRecord extends World {
  readonly kind: 'table'
  readonly pairs: 'reference' | 'all'
  readonly simulations: number
  /** Tables of twelve equal contenders with any "better" or "worse". */
  readonly claims: number
  /** The same by the interval that was used before, uncorrected, and of how many. */
  readonly before: number
  readonly beforeOf: number
}

const CONTENDERS = Array.from({ length: 12 }, (_, i) => `contender ${i}`)

export function tableClaims(
  world: World,
  pairs: TableRecord['pairs'],
  simulations: number,
  rng: Rng,
): TableRecord {
  const contenders = parseContenders(
    Object.fromEntries(CONTENDERS.map(id => [id, { schedule: 'fullFineTune' }])),
  )
  let [claims, before, beforeOf] = [0, 0, 0]
  for (let i = 0; i < simulations; i++) {
    const runs = nullRuns(world, CONTENDERS.length, rng)
    const outcomes = runs.flatMap((own, c) => outcomesOf(own, CONTENDERS[c]))
    const { differences } = summarizeStudy('', { seed: i, pairs }, contenders, outcomes, new Map())
    if (differences.some(({ verdict }) => verdict !== 'undecided')) claims++
    if (i % SELDOM !== 0) continue
    beforeOf++
    const shown = runs.flatMap((a, of) =>
      runs.slice(0, pairs === 'all' ? of : Math.min(of, 1)).map(b => ({ a, b })),
    )
    if (shown.some(({ a, b }) => excludesZero(pigeonholeInterval(rowsOf(a, b), rng, RESAMPLES)))) before++
  }
  return { kind: 'table', ...world, pairs, simulations, claims, before, beforeOf }
}

type Runs = readonly (readonly Run[])[]

/** Of the first minus the second, and `shift`. */
function inferenceOf(a: Runs, b: Runs, shift: number, rng: Rng): Inference {
  const flips = () => rng
  if (a.length > 1) {
    return acrossInstances(
      a.map((seeds, i) => mean(seeds.map((run, s) => accuracyOf(run) - accuracyOf(b[i][s]))) + shift),
      flips,
    )
  }
  return onInstance(
    a[0].map(({ units, clips }, s) => ({
      units,
      values: clips.map(({ correct }, c) => correct - b[0][s].clips[c].correct + shift),
    })),
  )
}

/** As they were compared: [seeds][instances] or, of one instance, [seeds][items]. */
function rowsOf(a: Runs, b: Runs): readonly (readonly number[])[] {
  return a[0].map((run, s) =>
    a.length > 1
      ? a.map((seeds, i) => accuracyOf(seeds[s]) - accuracyOf(b[i][s]))
      : run.clips.map(({ correct }, c) => correct - b[0][s].clips[c].correct),
  )
}

function accuracyOf({ clips }: Run): number {
  let sum = 0
  for (const { correct } of clips) sum += correct
  return sum / clips.length
}

/** The interval is quicker to find than p, which says the same on one instance, and more where there are several. */
function isClaimed(inference: Inference): boolean {
  return excludesZero(intervalOf(inference)) && inference.p(0) <= LEVEL
}

function excludesZero([low, high]: Interval): boolean {
  return low > 0 || high < 0
}

function outcomesOf(runs: Runs, contender: string): readonly Outcome[] {
  return runs.flatMap((seeds, instance) =>
    seeds.map((run, seed) => ({
      instance: `instance ${instance}`,
      seed,
      contender,
      primary: accuracyOf(run),
      loss: mean(run.clips.map(({ loss }) => loss)),
      items: {
        units: run.units,
        correct: run.clips.map(({ correct }) => correct),
        losses: run.clips.map(({ loss }) => loss),
      },
      score: 0,
      rewardLoss: 1,
      rewardPrimary: 0,
      flops: 1,
      seconds: 1,
      total: { flops: 1, seconds: 1 },
      budgetFlops: 1,
    })),
  )
}

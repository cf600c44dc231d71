import type { BaselineName } from '../agents/schedules/baselines.ts'
import type { Trial } from '../agents/schedules/schedule.ts'
import type { Weights } from '../models/initialize.ts'
import { compareWithBaselines } from './compare.ts'
import type { Composition } from './compose.ts'
import { type ClipScores, type ScheduleRun, summarise } from './schedule-runs.ts'
import type { EpisodeSummary, FineTuneSummary, ScheduleSummary } from './summary.ts'
import { verdict } from './verdict.ts'

/** One point of a baseline's search and what it reached. */
export interface TriedRun {
  readonly trial: Trial
  readonly run: ScheduleRun
}

export type Trials = ReadonlyMap<BaselineName, readonly TriedRun[]>

/** The model that ships, and the greedy run that it was weighed against. */
export interface Shipped {
  readonly chosen: FineTuneSummary['chosen']
  readonly weights: Weights
  readonly greedy: EpisodeSummary
  readonly actions: readonly unknown[]
  readonly rewards: readonly number[]
}

export interface SummaryInput
  extends Pick<FineTuneSummary, 'runDir' | 'hash' | 'model' | 'test' | 'episodes' | 'updates' | 'notes'> {
  readonly composition: Composition
  readonly shipped: Shipped
  readonly seeds: readonly number[]
  readonly trials: Trials
  readonly runs: Readonly<Record<string, ScheduleRun>>
}

/** The trial with the lowest loss on the reward split. */
export function bestTrial(trials: readonly TriedRun[]): TriedRun {
  return trials.reduce((best, candidate) =>
    candidate.run.rewardLoss < best.run.rewardLoss ? candidate : best,
  )
}

/** Everything a run reports, from what its parts came to. */
export function buildSummary(input: SummaryInput): FineTuneSummary {
  const { composition, shipped } = input
  const { config, engine, dataset, splits, worlds } = composition
  const { trainee, states } = worlds[0].options
  const search = total([...input.episodes, shipped.greedy])
  const compared = compareAll(input, minus(search, shipped.greedy))
  return {
    runDir: input.runDir,
    hash: input.hash,
    engine: engine.name,
    versions: { ...engine.versions, threads: String(engine.threads) },
    config: { ...config, features: [...states.group, ...states.global].map(feature => feature.id) },
    data: {
      path: config.data,
      classes: dataset.classes,
      splits: {
        train: splits.train.length,
        probe: splits.probe.length,
        reward: splits.reward.length,
        test: splits.test.length,
      },
      grouped: dataset.hasGroups,
      skipped: dataset.skipped.length,
    },
    groups: trainee.network.groups.map(({ name, parameters, flops }) => ({ name, parameters, flops })),
    episodes: [...input.episodes, shipped.greedy],
    updates: input.updates,
    notes: input.notes,
    test: input.test,
    chosen: shipped.chosen,
    ...compared,
    search,
    verdict: verdict(compared),
    model: input.model,
  }
}

/** The learned policy and each baseline over the same seeds, and the differences between them. */
function compareAll({ composition, seeds, runs, trials }: SummaryInput, search: Cost) {
  const runsOf = (name: string) => seeds.map(seed => ({ seed, run: runs[`${name}/${seed}`] }))
  const outcomes = (name: string) => ({
    perSeed: runsOf(name).map(({ run }) => clipOutcomes(run.test, composition)),
  })
  const baselines: Record<string, ScheduleSummary> = {}
  for (const [name, tried] of trials) {
    baselines[name] = summarise(runsOf(name), total(tried.map(({ run }) => run)), composition, {
      learningRate: rateOf(bestTrial(tried).trial),
      tried: tried.map(({ trial, run }) => ({
        learningRate: rateOf(trial),
        headRate: trial.headRate,
        length: trial.length,
        rewardLoss: run.rewardLoss,
      })),
    })
  }
  const comparison = compareWithBaselines({
    policy: outcomes('policy'),
    baselines: Object.fromEntries([...trials.keys()].map(name => [name, outcomes(name)])),
    units: composition.splits.test.map(({ group, id }) => group ?? id),
  })
  return { policy: summarise(runsOf('policy'), search, composition), baselines, comparison }
}

/** The backbone's rate, the head's where that is frozen. */
function rateOf(trial: Trial): number {
  return trial.rate === 0 ? trial.headRate : trial.rate
}

function clipOutcomes(scores: ClipScores | undefined, { worlds, splits }: Composition) {
  const { trainee } = worlds[0].options
  if (scores === undefined) throw new Error('a final run without its test scores')
  return splits.test.map((clip, i) => ({
    correct: scores.predictions[i] === trainee.label(clip) ? (1 as const) : (0 as const),
    loss: scores.losses[i],
  }))
}

interface Cost {
  readonly flops: number
  readonly seconds: number
}

export function total(parts: readonly Cost[]): Cost {
  return {
    flops: parts.reduce((sum, part) => sum + part.flops, 0),
    seconds: parts.reduce((sum, part) => sum + part.seconds, 0),
  }
}

function minus(a: Cost, b: Cost): Cost {
  return { flops: a.flops - b.flops, seconds: a.seconds - b.seconds }
}

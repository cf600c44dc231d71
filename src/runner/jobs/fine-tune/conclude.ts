import type { Trial } from '../../../agents/schedules/schedule.ts'
import { type Cost, total } from '../../../common/cost.ts'
import { mean } from '../../../common/statistics.ts'
import type { Task } from '../../../models/tasks/task.ts'
import { usualSettings } from '../../instances/config.ts'
import type { Composition } from '../../instances/instance.ts'
import { runsOf, type SearchResult, scoreOf, type Tried } from '../../instances/schedule-search.ts'
import type { Caveat, ScheduleSummary } from '../../instances/scores.ts'
import type { Beginning } from '../../instances/start.ts'
import type { ScheduleRun, TestOutcome } from '../../instances/trained.ts'
import { tunedAgents } from '../../instances/whole-agents.ts'
import type { GroupAgent } from '../../play/roles.ts'
import type { EpisodeSummary, RoundSummary } from '../../play/summary.ts'
import type { Facts } from '../../runs/job.ts'
import { behaviourOf } from './behaviour.ts'
import { caveatsOf, runCaveats } from './caveats.ts'
import { compareWithBaselines } from './compare.ts'
import { notesOnResults } from './notes.ts'
import type { Shipped } from './shipped.ts'
import type { Comparison, FineTuneSummary } from './summary.ts'
import { verdict } from './verdict.ts'

/** The greedy run that follows learning. */
export interface Greedy {
  readonly summary: EpisodeSummary
  readonly actions: readonly unknown[]
  readonly rewards: readonly number[]
}

/** A final run of the policy knows its rounds. */
export type FinalRun = ScheduleRun & { readonly rounds?: readonly RoundSummary[] }

export interface FineTuneOutcomes
  extends Pick<FineTuneSummary, 'model' | keyof Shipped | 'episodes' | 'updates' | 'notes' | 'chosen'> {
  readonly composition: Composition
  readonly agents: ReadonlyMap<string, GroupAgent>
  readonly greedy: Greedy
  readonly seeds: readonly number[]
  readonly searches: ReadonlyMap<string, SearchResult>
  readonly beginning: Beginning
  readonly runs: Readonly<Record<string, FinalRun>>
}

/** Everything a run reports, from what its parts came to. */
export function summarizeFineTuning(
  input: FineTuneOutcomes,
  { runDir, hash, origin }: Facts,
): FineTuneSummary {
  const { composition, greedy, beginning } = input
  const { config, container, engine, dataset, splits, worlds, task } = composition
  const { trainee, states } = worlds[0].options
  const search = total([...input.episodes, greedy.summary])
  const compared = compareAll(input, minus(search, greedy.summary))
  const data = {
    path: config.data,
    ...(task.classes && { classes: task.classes.names }),
    splits: {
      train: splits.train.length,
      probe: splits.probe.length,
      reward: splits.reward.length,
      test: splits.test.length,
    },
    grouped: dataset.hasGroups,
    skipped: dataset.skipped.length,
  }
  const tuned = tunedAgents(config, input.agents)
  const told = { ...compared, start: beginning.start, task: taskSummary(task), data, config }
  return {
    runDir,
    hash,
    engine: engine.name,
    executor: config.executor,
    versions: { ...origin.versions, threads: String(engine.threads) },
    config: { ...config, features: [...states.group, ...states.global].map(feature => feature.id) },
    tuned,
    usual: usualSettings(container.get('tasks', config.task), task),
    task: told.task,
    data,
    groups: trainee.network.groups.map(({ name, parameters, flops }) => ({ name, parameters, flops })),
    episodes: [...input.episodes, greedy.summary],
    updates: input.updates,
    notes: [...composition.cautions, ...input.notes, ...notesOnResults(told)],
    test: input.test,
    mistakes: input.mistakes,
    examples: input.examples,
    details: input.details,
    chosen: input.chosen,
    start: beginning.start,
    ...compared,
    search,
    spent: spentOn(input),
    verdict: verdict(told),
    model: input.model,
  }
}

/** The learned policy and each baseline over the same seeds, and the differences between them. */
function compareAll(
  { composition, seeds, runs, searches, beginning, greedy }: FineTuneOutcomes,
  search: Cost,
) {
  const finals = (name: string) => seeds.map(seed => ({ seed, run: runs[`${name}/${seed}`] }))
  const outcomes = (name: string) => ({
    perSeed: finals(name).map(({ run }) => clipOutcomes(testOf(run))),
  })
  const rounds = [greedy.summary.rounds, ...finals('policy').map(({ run }) => run.rounds ?? [])]
  const behaviour = behaviourOf(rounds, beginning.start)
  const baselines: Record<string, ScheduleSummary> = {}
  for (const [name, searched] of searches) {
    const tried = searched.tried.map(triedSummary)
    const { longer } = searched
    const { solved } = composition.container.get('schedules', name)
    const summary = summarise(finals(name), total(runsOf(searched)))
    baselines[name] = {
      ...summary,
      caveats: caveatsOf(searched, finals(name), composition, solved),
      // It has no rate, and its final runs are the one of its search.
      ...(solved
        ? { solved, total: total(runsOf(searched)) }
        : { learningRate: rateOf(searched.chosen.trial), tried }),
      ...(longer && { longer: { score: longer.run.score, gain: longer.gain, flops: longer.run.flops } }),
      ...(longer?.rising && { ownBest: ownBest(summarise(finals(`${name} x2`), NOTHING)) }),
    }
  }
  const compared = compareWithBaselines({
    policy: outcomes('policy'),
    baselines: Object.fromEntries([...searches.keys()].map(name => [name, outcomes(name)])),
    units: composition.splits.test.map(({ group, id }) => group ?? id),
  })
  const comparison = Object.fromEntries(
    Object.entries(compared).map(([name, figures]) => [
      name,
      claimed(figures, { same: name === behaviour.schedule, caveats: baselines[name].caveats }),
    ]),
  )
  const policy = {
    ...summarise(finals('policy'), search),
    caveats: runCaveats(finals('policy'), composition),
  }
  return { policy, behaviour, baselines, comparison }
}

/** Nothing is claimed over what the policy itself is, nor a gain over a baseline that wasn't given its chance. */
function claimed(
  figures: Comparison,
  { same, caveats }: { readonly same: boolean; readonly caveats: readonly Caveat[] },
): Comparison {
  const withheld = same || (caveats.length > 0 && figures.verdict === 'better')
  return { ...figures, ...(withheld && { verdict: 'undecided' }), ...(same && { same }) }
}

function ownBest({ primary, parts, loss, flops, seconds }: ScheduleSummary) {
  return { ...parts, primary, parts, loss, flops, seconds }
}

function taskSummary(task: Task): FineTuneSummary['task'] {
  const { id, metric, parts, guessing, selectionFrom, intervalFrom } = task
  return {
    ...{ id, metric, parts, guessing },
    ...(selectionFrom && { selectionFrom }),
    ...(intervalFrom && { intervalFrom }),
  }
}

function triedSummary(tried: Tried) {
  const { trial, runs } = tried
  return {
    learningRate: rateOf(trial),
    headRate: trial.headRate,
    seeds: runs.length,
    score: scoreOf(tried),
    rewardLoss: mean(runs.map(({ rewardLoss }) => rewardLoss)),
  }
}

/** The backbone's rate, the head's where that is frozen. */
function rateOf(trial: Trial): number {
  return trial.rate === 0 ? trial.headRate : trial.rate
}

function testOf({ test }: ScheduleRun): TestOutcome {
  if (test === undefined) throw new Error('a final run without its test scores')
  return test
}

function clipOutcomes({ losses, points }: TestOutcome) {
  return losses.map((loss, i) => ({ correct: points[i], loss }))
}

/** Means over the final runs, and what they and the search before them cost. */
function summarise(
  finals: readonly { readonly seed: number; readonly run: ScheduleRun }[],
  search: Cost,
): ScheduleSummary {
  const perSeed = finals.map(({ seed, run }) => {
    const { primary, parts, loss } = testOf(run).score
    return { seed, ...parts, primary, parts, loss }
  })
  const over = (of: (i: number) => number) => mean(finals.map((_, i) => of(i)))
  const sum = (of: 'flops' | 'seconds') => finals.reduce((whole, { run }) => whole + run[of], search[of])
  const parts = Object.fromEntries(
    Object.keys(perSeed[0]?.parts ?? {}).map(name => [name, over(i => perSeed[i].parts[name])]),
  )
  return {
    ...parts,
    primary: over(i => perSeed[i].primary),
    parts,
    loss: over(i => perSeed[i].loss),
    perSeed,
    caveats: [],
    curves: finals.map(({ run }) => run.curve),
    flops: over(i => finals[i].run.flops),
    seconds: over(i => finals[i].run.seconds),
    total: { flops: sum('flops'), seconds: sum('seconds') },
  }
}

/** Everything that was trained; what is solved once, once. */
function spentOn({ runs, searches, episodes, greedy, composition }: FineTuneOutcomes): Cost {
  const again = [...searches.keys()].filter(name => composition.container.get('schedules', name).solved)
  const trained = Object.entries(runs).filter(([key]) => !again.some(name => key.startsWith(`${name}/`)))
  return total([...trained.map(([, run]) => run), ...episodes, greedy.summary])
}

const NOTHING: Cost = { flops: 0, seconds: 0 }

function minus(a: Cost, b: Cost): Cost {
  return { flops: a.flops - b.flops, seconds: a.seconds - b.seconds }
}

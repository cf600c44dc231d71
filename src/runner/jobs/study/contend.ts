import { BASELINES } from '../../../agents/schedules/baselines.ts'
import type { Schedule, Trial } from '../../../agents/schedules/schedule.ts'
import { worldRun } from '../../../agents/search/world-run.ts'
import { total } from '../../../common/cost.ts'
import { failure, inputError } from '../../../common/error.ts'
import { inTurn } from '../../../common/in-turn.ts'
import { Rng } from '../../../common/random.ts'
import { settingsOf } from '../../../envs/finetune/actions.ts'
import { isBetter } from '../../../envs/finetune/training.ts'
import { learningIn } from '../../instances/control.ts'
import { weightsDigest } from '../../instances/fingerprints.ts'
import type { Composition } from '../../instances/instance.ts'
import { applyPolicy, type PolicyFile, settingsOfPolicy } from '../../instances/policy.ts'
import { runPolicy, runSchedule } from '../../instances/schedule-runs.ts'
import { runsOf, searchSchedule } from '../../instances/schedule-search.ts'
import { fromItsBeginning } from '../../instances/start.ts'
import { boundedTestScores } from '../../instances/test-scores.ts'
import type { ScheduleRun, TestOutcome } from '../../instances/trained.ts'
import { wholeAgents } from '../../instances/whole-agents.ts'
import { chosenBy, initialLearningState, type LearningState, learn } from '../../play/learn.ts'
import { type Clock, type GroupAgent, secondsSince } from '../../play/roles.ts'
import { parseAgentConfig } from '../../plugins/agent-config.ts'
import { digestOf } from '../../runs/digest.ts'
import type { Contender } from './config.ts'
import type { Outcome, TestItems } from './outcome.ts'

/** What learning or searching on an instance may cost, in budgets of one run. */
const DEFAULT_BUDGET = 16

export interface PlayOptions {
  /** The instance, with the seed of the run. */
  readonly composition: Composition
  readonly policies: ReadonlyMap<string, PolicyFile>
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onNotice: (message: string) => void
}

export type Played = Omit<Outcome, 'instance' | 'contender' | 'seed' | 'budgetFlops'>

/** One contender on one instance: what it comes to, and what it cost. The test split is read once, at the end. */
export function play(contender: Contender, options: PlayOptions): Promise<Played> {
  if (contender.schedule !== undefined)
    return playSchedule(
      options.composition.container.get('schedules', contender.schedule),
      contender,
      options,
    )
  if (contender.rates !== undefined)
    return playSchedule(staticSchedule(contender.rates, options.composition), contender, options)
  if (contender.policy !== undefined) return playPolicy(contender.policy, options)
  if (contender.search !== undefined) return playSearch(contender.search, contender, options)
  return playAgent(contender, options)
}

async function playSchedule(
  schedule: Schedule,
  contender: Contender,
  { composition, clock }: PlayOptions,
): Promise<Played> {
  const { seed } = composition.config
  const { limits } = composition.worlds[0].options
  const own = schedule.trial(limits)
  const given = { ...own, rate: contender.rate ?? own.rate, headRate: contender.headRate ?? own.headRate }
  const play = (trial: Trial, test: boolean) =>
    runSchedule(schedule, trial, seed, { composition, clock, test })
  // They share a network.
  const one = inTurn()
  // The test split is left alone until the trial is chosen.
  const search =
    contender.tries === undefined
      ? undefined
      : await searchSchedule(schedule, {
          ...{ limits, rates: contender.tries, seeds: [seed], longer: false },
          run: trial => one(async () => (await play(trial, false)).run),
        })
  const trial = search?.chosen.trial ?? given
  const { run, weights } = await play(trial, true)
  const { network } = schedule.solved
    ? composition.linear.options.trainee
    : composition.worlds[0].options.trainee
  return {
    ...scored(run, composition),
    content: weightsDigest(weights, network),
    // The same run again, to be scored: it is not paid for twice.
    total: total(search === undefined ? [run] : runsOf(search)),
    rates: contender.rates ?? [trial.rate, trial.headRate],
  }
}

/** Rates that were given, a group, from the first step to the last. */
function staticSchedule(rates: readonly number[], { worlds }: Composition): Schedule {
  const { groups } = worlds[0]
  if (rates.length !== groups) {
    throw inputError(
      'study.rates',
      `'rates' has ${rates.length} entries, and the network ${groups} layer groups: give one a group, the head last`,
    )
  }
  return {
    ...BASELINES.fullFineTune,
    begin:
      (_, { limits }) =>
      () =>
        settingsOf(rates, limits),
  }
}

async function playPolicy(path: string, { composition, policies, clock }: PlayOptions): Promise<Played> {
  const policy = policies.get(path)
  if (policy === undefined) throw new Error(`the policy ${path} was not read`)
  const own = await fromItsBeginning(
    composition.derive(settingsOfPolicy(policy, composition.config.budgetSteps)),
    clock,
  )
  const agents = own.createAgents()
  try {
    applyPolicy(policy, agents, own)
    const { run, episode, weights } = await runPolicy(composition.config.seed, agents, {
      composition: own,
      clock,
      index: 0,
      paid: false,
      test: true,
    })
    const { network } = own.worlds[0].options.trainee
    return {
      ...scored(run, composition),
      content: digestOf([episode.actions, weightsDigest(weights, network)]),
      total: { flops: run.flops, seconds: run.seconds },
    }
  } finally {
    disposeAll(agents)
  }
}

/** A search that leaves runs and takes them up again; what it keeps is the run with the best score. */
async function playSearch(
  name: string,
  contender: Contender,
  { composition, clock, signal }: PlayOptions,
): Promise<Played> {
  const start = clock()
  // Nobody looks at statistics, so none are paid for.
  const world = composition.variant({ probed: false })
  const { config: schema, search } = composition.container.get('searches', name)
  const { best, flops, runs } = await search(worldRun(world, composition.config.seed), {
    budgetFlops: (contender.budget ?? DEFAULT_BUDGET) * world.budgetFlops,
    groups: world.groups,
    limits: world.options.limits,
    rng: Rng.of(composition.config.seed, 'search', name),
    signal,
    config: parseAgentConfig(name, schema, contender.searchConfig ?? {}),
  })
  const seconds = secondsSince(start, clock)
  world.restore(best.state.world)
  const { trainee } = world.options
  trainee.recall(world.best.handle)
  const { score, measured } = world.best
  const { loss: rewardLoss, primary: rewardPrimary } = measured.evaluation
  const run = { score, rewardLoss, rewardPrimary, flops: world.flops, seconds }
  return {
    ...scored({ ...run, test: boundedTestScores(trainee, composition) }, composition),
    content: weightsDigest(world.bestWeights(), trainee.network),
    total: { flops, seconds },
    episodes: runs,
  }
}

/** An agent learns on the instance until its budget is spent; the better of its best episode and a greedy run counts. */
async function playAgent(contender: Contender, options: PlayOptions): Promise<Played> {
  const { composition, clock, signal, onNotice } = options
  const own = await fromItsBeginning(composition.derive(contender.agentSettings), clock)
  const [world] = own.worlds
  const agents = own.createAgents()
  try {
    const learningHere = learningIn(own, agents)
    let learning = initialLearningState(agents)
    // One run is left for the greedy one.
    const limit = ((contender.budget ?? DEFAULT_BUDGET) - 1) * world.budgetFlops
    while (spentOn(learning).flops < limit) {
      const episodes = learning.episodes.length + learningHere.perUpdate
      learning = await learn({
        ...learningHere,
        episodes,
        state: learning,
        signal,
        clock,
        onEvent: event => event.type === 'notice' && onNotice(event.message),
        onState: async () => undefined,
      })
      refuseAllFailed(learning.episodes.slice(-learningHere.perUpdate))
    }
    const greedy = await runPolicy(composition.config.seed, agents, {
      composition: own,
      clock,
      index: learning.episodes.length,
      paid: false,
      test: false,
    })
    const { best } = learning
    const better = best !== undefined && isBetter(chosenBy(best), chosenBy(greedy.run))
    const chosen = better ? learning.episodes[best.index].summary : greedy.episode.summary
    const { trainee } = world.options
    trainee.assign(better ? best.weights : greedy.weights)
    const { score, rewardLoss, rewardPrimary, flops, seconds } = chosen
    const run = { score, rewardLoss, rewardPrimary, flops, seconds, test: boundedTestScores(trainee, own) }
    const did = [...learning.episodes, greedy.episode].map(({ actions, rewards }) => [actions, rewards])
    return {
      ...scored(run, own),
      content: digestOf([
        did,
        learning.agents,
        weightsDigest(better ? best.weights : greedy.weights, trainee.network),
      ]),
      total: total([spentOn(learning), greedy.episode.summary]),
      episodes: learning.episodes.length,
      updates: learning.updates,
      agentConfig: wholeAgents(own.config, agents).agentConfig,
    }
  } finally {
    disposeAll(agents)
  }
}

/** An agent that never gets through an episode may spend nothing, and would go on for ever. */
function refuseAllFailed(round: LearningState['episodes']): void {
  const causes = round.flatMap(({ summary }) => summary.failure ?? [])
  if (causes.length < round.length) return
  throw failure('study.episodes', `all episodes of an update failed: ${causes[0]}`)
}

function disposeAll(agents: ReadonlyMap<string, GroupAgent>): void {
  for (const agent of agents.values()) agent.dispose?.()
}

function spentOn({ episodes }: LearningState) {
  return total(episodes.map(({ summary }) => summary))
}

type Scored = Pick<ScheduleRun, 'score' | 'rewardLoss' | 'rewardPrimary' | 'flops' | 'seconds' | 'test'>

function scored(run: Scored, composition: Composition): Omit<Played, 'total' | 'content'> {
  if (run.test === undefined) throw new Error('a final run without its test scores')
  const { primary, loss } = run.test.score
  const { score, rewardLoss, rewardPrimary, flops, seconds } = run
  const items = testItems(run.test, composition)
  const { metric } = composition.task
  return { metric, primary, loss, items, score, rewardLoss, rewardPrimary, flops, seconds }
}

function testItems(scores: TestOutcome, composition: Composition): TestItems {
  return {
    units: composition.splits.test.map(({ group, id }) => group ?? id),
    correct: scores.points,
    losses: scores.losses.map(loss => Number(loss.toFixed(4))),
  }
}

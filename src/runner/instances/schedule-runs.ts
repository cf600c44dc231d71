import { type Schedule, shapeOf, type Terms, type Trial } from '../../agents/schedules/schedule.ts'
import { Rng } from '../../common/random.ts'
import type { RewardDefinition } from '../../envs/finetune/reward.ts'
import type { FineTuning } from '../../envs/finetune/world.ts'
import type { RoundResult } from '../../envs/world.ts'
import { actingAgents, rootControl } from '../play/control.ts'
import { type EpisodeResult, runEpisode } from '../play/episode.ts'
import { type Clock, type GroupAgent, secondsSince } from '../play/roles.ts'
import { longestRun } from './config.ts'
import { controlOf } from './control.ts'
import type { Composition } from './instance.ts'
import type { CurveRow } from './scores.ts'
import { boundedTestScores } from './test-scores.ts'
import type { Trained } from './trained.ts'

interface RunOptions {
  readonly composition: Composition
  readonly clock: Clock
  /** Whether the test split is read at the end: only when nothing is left to choose. */
  readonly test: boolean
}

/** For runs that nobody learns from: a reward that compares with a baseline would have it played. */
const UNPAID: RewardDefinition = { description: 'nothing', reward: () => 0 }

/** One run of a schedule from the pretrained weights, or from fresh ones where that is the schedule. */
export async function runSchedule(
  schedule: Schedule,
  trial: Trial,
  seed: number,
  options: RunOptions,
): Promise<Trained> {
  const { composition, clock } = options
  const { config } = composition
  const [base] = composition.worlds
  const terms = termsOf(composition)
  const probe = schedule.fromProbe ? await composition.probe(clock) : undefined
  if (schedule.solved && probe !== undefined) {
    if (!options.test) return probe
    const { trainee, norms } = composition.linear.options
    trainee.reset(probe.weights, norms)
    return { ...probe, run: { ...probe.run, test: boundedTestScores(trainee, composition) } }
  }
  const world = composition.variant({
    reward: UNPAID,
    probed: schedule.probed === true,
    budgetSteps: longestRun(config) * trial.length,
    budgetFlops: base.budgetFlops * trial.length,
    settings: undefined,
    start: probe?.head,
    shape: shapeOf(schedule, terms),
    fromScratch: schedule.fromScratch,
    ...(schedule.fromScratch && {
      // Fresh statistics must follow within a short budget: PyTorch's default momentum, 0.1 (Keras counts 0.9).
      norms: { modes: Array.from({ length: base.groups }, () => 'batch' as const), momentum: 0.9 },
    }),
  })
  const trained = await timed(options, world, () =>
    follow(world, schedule, trial, seed, terms, config.patience),
  )
  // A start that was solved for has a price too.
  const flops = trained.run.flops + (probe?.run.flops ?? 0)
  return { ...trained, run: { ...trained.run, flops } }
}

/** One greedy run of the learned policy; only where it is `paid` does its episode have rewards. */
export async function runPolicy(
  seed: number,
  agents: ReadonlyMap<string, GroupAgent>,
  options: RunOptions & { readonly index: number; readonly paid: boolean },
): Promise<Trained & { readonly episode: EpisodeResult }> {
  const { composition, clock, index } = options
  // Nobody learns from this run: no round is played again.
  const world = composition.variant({ credit: 'team', ...(!options.paid && { reward: UNPAID }) })
  const control = controlOf(composition, agents)
  let episode: EpisodeResult | undefined
  const trained = await timed(options, world, async () => {
    episode = await runEpisode({
      world,
      view: control.view,
      agents: actingAgents(control, world),
      root: rootControl(control, world),
      index,
      explore: false,
      worldSeed: seed,
      rng: Rng.of(composition.config.seed, 'greedy', seed),
      clock,
    })
    return episode.summary.rounds.map(({ step, flops, score, rewardLoss, rewardPrimary }) => ({
      ...{ step, flops, score, rewardLoss, rewardPrimary },
    }))
  })
  if (episode === undefined) throw new Error('the greedy run left no episode')
  return { ...trained, episode }
}

/** What a schedule must know of the runs that this composition makes. */
export function termsOf({ worlds, config }: Composition): Terms {
  const [{ groups, options }] = worlds
  return {
    groups,
    limits: options.limits,
    epoch: options.splits.train.length / options.batchSize / config.budgetSteps,
    blocks: options.trainee.network.groups.map(({ blocks }) => blocks),
  }
}

/** Plays a schedule to its end, round by round, or until `patience` rounds have brought nothing better. */
async function follow(
  world: FineTuning<unknown>,
  schedule: Schedule,
  trial: Trial,
  seed: number,
  terms: Terms,
  patience: number,
): Promise<readonly CurveRow[]> {
  await world.reset(seed)
  const decide = schedule.begin(trial, terms)
  const curve: CurveRow[] = []
  let best = world.best
  for (let [over, idle] = [false, 0]; !over; ) {
    const statistics = schedule.probed
      ? Array.from({ length: world.groups }, (_, group) => world.statistics(group))
      : []
    const result = await world.train(decide({ progress: 1 - world.budgetLeft(), statistics }))
    curve.push(rowOf(result))
    idle = world.best === best ? idle + 1 : 0
    best = world.best
    over = result.terminated || (patience > 0 && idle >= patience)
  }
  return curve
}

function rowOf({ step, flops, evaluation }: RoundResult): CurveRow {
  const { score, loss, primary } = evaluation
  return { step, flops, score, rewardLoss: loss, rewardPrimary: primary }
}

async function timed(
  { clock, test, composition }: RunOptions,
  world: FineTuning<unknown>,
  work: () => Promise<readonly CurveRow[]>,
): Promise<Trained> {
  const start = clock()
  const curve = await work()
  const { trainee } = world.options
  const { measured, score, step, handle } = world.best
  const weights = trainee.read(handle)
  const run = {
    score,
    rewardLoss: measured.evaluation.loss,
    rewardPrimary: measured.evaluation.primary,
    step,
    clipScores: [...measured.scores],
    curve,
    diverged: world.diverged,
    flops: world.spentFlops,
    seconds: secondsSince(start, clock),
  }
  if (!test) return { run, weights }
  trainee.recall(handle)
  return { run: { ...run, test: boundedTestScores(trainee, composition) }, weights }
}

import type { Schedule, Trial } from '../agents/schedules/schedule.ts'
import { Rng } from '../common/random.ts'
import { divergenceLoss, type RewardDefinition } from '../envs/finetune/reward.ts'
import type { FineTuning } from '../envs/finetune/world.ts'
import { accuracyOf, balancedAccuracyOf, confusionMatrix, mean } from '../models/metrics.ts'
import { type Clock, type EpisodeResult, type GroupAgent, runEpisode } from './collect.ts'
import type { Composition } from './compose.ts'
import { longestRun } from './config.ts'
import { actingAgents, rootControl, viewOf } from './learn.ts'
import type { ScheduleSummary, TestScore } from './summary.ts'

/** One training run: what it reached on the reward split, what it cost, and how it does on the test split. */
export interface ScheduleRun {
  readonly rewardLoss: number
  readonly rewardAccuracy: number
  readonly flops: number
  readonly seconds: number
  /** Absent in a search: only final runs are scored on the test split, when nothing is left to choose. */
  readonly test?: ClipScores
}

/** Per test clip, in the order of the split. */
export interface ClipScores {
  /** Nats, held within [0, 3 ln C] as in rewards, so that one clip of a diverged run can't decide a mean. */
  readonly losses: readonly number[]
  readonly predictions: readonly number[]
}

/** For runs that nobody learns from: a reward that compares with a baseline would have it played. */
const UNPAID: RewardDefinition = { description: 'nothing', reward: () => 0 }

/** What a schedule's search tries. @param count at most */
export function trialsOf(
  schedule: Schedule,
  { config, worlds }: Composition,
  count: number,
): readonly Trial[] {
  const longest = longestRun(config) / config.budgetSteps
  return schedule.trials(count, worlds[0].options.limits, longest)
}

/** One run of a schedule from the pretrained weights, or from fresh ones where that is the schedule. */
export async function runSchedule(
  schedule: Schedule,
  trial: Trial,
  seed: number,
  options: { readonly composition: Composition; readonly clock: Clock; readonly test: boolean },
): Promise<ScheduleRun> {
  const { composition, clock } = options
  const [base] = composition.worlds
  const steps = composition.config.budgetSteps * trial.length
  const world = composition.variant({
    reward: UNPAID,
    probed: schedule.probed === true,
    budgetSteps: steps,
    budgetFlops: base.budgetFlops,
    roundSteps: schedule.changes ? base.options.roundSteps : steps,
    fromScratch: schedule.fromScratch,
    ...(schedule.fromScratch && {
      // Fresh statistics must follow within a short budget: PyTorch's default momentum, 0.1 (Keras counts 0.9).
      norms: { modes: Array.from({ length: base.groups }, () => 'batch' as const), momentum: 0.9 },
    }),
  })
  return timed(
    clock,
    world,
    () => follow(world, schedule, trial, seed),
    options.test ? composition : undefined,
  )
}

/** One greedy run of the learned policy; only where it is `paid` does its episode have rewards. */
export async function runPolicy(
  seed: number,
  agents: ReadonlyMap<string, GroupAgent>,
  options: {
    readonly composition: Composition
    readonly clock: Clock
    readonly index: number
    readonly paid: boolean
    /** False: the test split is left alone. */
    readonly test?: boolean
  },
): Promise<{ run: ScheduleRun; episode: EpisodeResult }> {
  const { composition, clock, index } = options
  // Nobody learns from this run: no round is played again.
  const world = composition.variant({ credit: 'team', ...(!options.paid && { reward: UNPAID }) })
  let episode: EpisodeResult | undefined
  const run = await timed(
    clock,
    world,
    async () => {
      episode = await runEpisode({
        world,
        view: viewOf(composition.config),
        agents: actingAgents(agents, world),
        root: rootControl(agents, world, composition.config),
        index,
        explore: false,
        worldSeed: seed,
        rng: Rng.of(composition.config.seed, 'greedy', seed),
        clock,
      })
    },
    options.test === false ? undefined : composition,
  )
  if (episode === undefined) throw new Error('the greedy run left no episode')
  return { run, episode }
}

async function follow(
  world: FineTuning<unknown>,
  schedule: Schedule,
  trial: Trial,
  seed: number,
): Promise<void> {
  await world.reset(seed)
  const { limits, splits, batchSize, budgetSteps } = world.options
  const epoch = splits.train.length / batchSize / budgetSteps
  const decide = schedule.begin(trial, { groups: world.groups, limits, epoch })
  for (let over = false; !over; ) {
    const statistics = schedule.probed
      ? Array.from({ length: world.groups }, (_, group) => world.statistics(group))
      : []
    const settings = decide({ progress: 1 - world.budgetLeft(), statistics })
    over = (await world.train(settings)).terminated
  }
}

async function timed(
  clock: Clock,
  world: FineTuning<unknown>,
  work: () => Promise<void>,
  scoreOn: Composition | undefined,
): Promise<ScheduleRun> {
  const start = clock()
  await work()
  const figures = {
    rewardLoss: world.evaluation.loss,
    rewardAccuracy: world.evaluation.accuracy,
    flops: world.flops,
    seconds: (clock() - start) / 1000,
  }
  if (scoreOn === undefined) return figures
  return { ...figures, test: boundedTestScores(world, scoreOn) }
}

/** Scores the world's present weights on the test split, in a form that one clip of a diverged run can't decide. */
export function boundedTestScores(world: FineTuning<unknown>, composition: Composition): ClipScores {
  return bounded(scoreTest(world, composition), world.options.classes)
}

/** Scores the world's present weights on the test split; losses as they are. */
export function scoreTest(world: FineTuning<unknown>, { splits }: Composition): ClipScores {
  const { losses, predictions } = world.options.trainee.evaluate(splits.test)
  return { losses: [...losses], predictions: [...predictions] }
}

function bounded({ losses, predictions }: ClipScores, classes: number): ClipScores {
  const worst = divergenceLoss(classes)
  return { losses: losses.map(loss => (Number.isFinite(loss) ? Math.min(loss, worst) : worst)), predictions }
}

export function testScore(scores: ClipScores, composition: Composition): TestScore {
  const { trainee } = composition.worlds[0].options
  const labels = composition.splits.test.map(clip => trainee.label(clip))
  const confusion = confusionMatrix(labels, scores.predictions, composition.dataset.classes.length)
  return {
    accuracy: accuracyOf(confusion),
    balancedAccuracy: balancedAccuracyOf(confusion),
    loss: mean(scores.losses),
    confusion,
    clips: labels.length,
  }
}

/** Means over the final runs, and what they and the search before them cost. */
export function summarise(
  finals: readonly { readonly seed: number; readonly run: ScheduleRun }[],
  search: { readonly flops: number; readonly seconds: number },
  composition: Composition,
  extra: Pick<ScheduleSummary, 'learningRate' | 'tried'> = {},
): ScheduleSummary {
  const perSeed = finals.map(({ seed, run }) => {
    const { accuracy, balancedAccuracy, loss } = testScore(
      run.test ?? { losses: [], predictions: [] },
      composition,
    )
    return { seed, accuracy, balancedAccuracy, loss }
  })
  const over = (of: (i: number) => number) => mean(finals.map((_, i) => of(i)))
  const sum = (of: 'flops' | 'seconds') => finals.reduce((total, { run }) => total + run[of], search[of])
  return {
    accuracy: over(i => perSeed[i].accuracy),
    balancedAccuracy: over(i => perSeed[i].balancedAccuracy),
    loss: over(i => perSeed[i].loss),
    perSeed,
    ...extra,
    flops: over(i => finals[i].run.flops),
    seconds: over(i => finals[i].run.seconds),
    total: { flops: sum('flops'), seconds: sum('seconds') },
  }
}

import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { standardError } from '../../../src/common/statistics.ts'
import { divergedMeasurement, measurementOf, withoutClip } from '../../../src/envs/finetune/evaluation.ts'
import { type MeasuredRound, payment, settle } from '../../../src/envs/finetune/payment.ts'
import {
  accuracyHeadroom,
  checkCredit,
  type Evaluation,
  logLoss,
  type RewardDefinition,
  type RewardRound,
  scoreGain,
  terminalAdvantage,
  withCost,
} from '../../../src/envs/finetune/reward.ts'
import type { Progress } from '../../../src/envs/finetune/world-state.ts'
import type { Trainee } from '../../../src/models/trainee.ts'
import { fc, property } from '../../support/property.ts'
import { classTask, outcomesOf } from '../../support/tasks.ts'

const CLASSES = 4
const TASK = classTask(CLASSES)

/** A reward split drawn from a made-up population: a clip that was hard before training is often hard after it. */
function drawnSplit(clips: number, rng: Rng) {
  const hardness = Array.from({ length: clips }, () => rng.normal())
  const drawn = (level: number) => {
    const losses = Float64Array.from(hardness, hard => level * Math.exp(0.6 * hard + 0.3 * rng.normal()))
    const correct = Uint8Array.from(losses, loss => Number(loss < 0.6))
    return { losses, measured: measured(losses, correct) }
  }
  const [before, after] = [drawn(0.9), drawn(0.5)]
  return {
    before: before.measured,
    after: after.measured,
    losses: { before: before.losses, after: after.losses },
  }
}

/** Of one class, as far as a balanced mean would ask. */
const measured = (losses: Float64Array, correct: Uint8Array) =>
  measurementOf(TASK, outcomesOf({ losses, correct, labels: new Int32Array(losses.length) }))

const roundOf = (part: Pick<MeasuredRound, 'before' | 'after'> & Partial<MeasuredRound>): MeasuredRound => ({
  ...{ cost: 0.1, worst: TASK.worst, terminated: false },
  ...part,
})

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
const deviation = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, x) => sum + (x - mean(values)) ** 2, 0) / (values.length - 1))

test('of a run that blew up the bound stands for the loss, with and without any of its clips', () => {
  const blown = divergedMeasurement(drawnSplit(5, Rng.of(1)).after, TASK)
  expect(blown.evaluation).toMatchObject({ loss: TASK.worst, score: 0 })
  for (let clip = 0; clip < 5; clip++) {
    const { loss, score, primary, parts } = withoutClip(blown, clip)
    expect(loss).toBeCloseTo(TASK.worst, 12)
    expect([score, primary, ...Object.values(parts)]).toEqual(
      [score, primary, ...Object.values(parts)].map(() => 0),
    )
  }
})

describe('the noise of a reward', () => {
  test('of a mean is the textbook standard error, s/√n', () => {
    const losses = Float64Array.from({ length: 30 }, (_, i) => Math.sin(i) + 2)
    const correct = new Uint8Array(30)
    const all = measured(losses, correct)
    const nothing = measured(new Float64Array(30), correct)
    const fall: RewardDefinition = { description: '', reward: r => r.before.loss - r.after.loss }
    const { noise } = payment(fall, roundOf({ before: all, after: nothing }))
    expect(noise).toBeCloseTo(deviation([...losses]) / Math.sqrt(30), 12)
  })

  test('of log-loss is what the delta method says', () => {
    const n = 400
    const { before, after, losses } = drawnSplit(n, Rng.of(1))
    const { noise } = payment(logLoss, roundOf({ before, after }))
    // Influence of a clip on log L(t-1) - log L(t).
    const influence = [...losses.before].map(
      (loss, i) => loss / before.evaluation.loss - losses.after[i] / after.evaluation.loss,
    )
    expect(noise / (deviation(influence) / Math.sqrt(n))).toBeCloseTo(1, 2)
  })

  test.each([
    ['log-loss', logLoss],
    ['accuracy-headroom', accuracyHeadroom],
    ['terminal-advantage', terminalAdvantage],
  ] as const)('of %s is the spread of rewards over other reward splits, within a tenth', (_name, reward) => {
    const rng = Rng.of(2)
    const paid = Array.from({ length: 1500 }, () => {
      const { before, after } = drawnSplit(80, rng)
      return payment(reward, roundOf({ before, after, baseline: before, terminated: true }))
    })
    const spread = deviation(paid.map(one => one.reward))
    expect(mean(paid.map(({ noise }) => noise)) / spread).toBeGreaterThan(0.9)
    expect(mean(paid.map(({ noise }) => noise)) / spread).toBeLessThan(1.1)
  })

  test('calls the reward function once a clip, and first with all of them', () => {
    const seen: number[] = []
    const { before, after } = drawnSplit(12, Rng.of(3))
    const counting: RewardDefinition = { description: '', reward: r => seen.push(r.after.loss) }
    payment(counting, roundOf({ before, after }))
    expect(seen).toHaveLength(13)
    expect(seen[0]).toBe(after.evaluation.loss)
  })

  test('is of the same clips before and after: nothing changed, no noise', () => {
    const { before } = drawnSplit(20, Rng.of(4))
    expect(payment(logLoss, roundOf({ before, after: before }))).toMatchObject({ reward: 0, noise: 0 })
  })

  test('costs are certain, and a single clip says nothing of its noise', () => {
    const { before, after } = drawnSplit(20, Rng.of(5))
    const free = payment(logLoss, roundOf({ before, after }))
    const paid = payment(withCost(logLoss, 2), roundOf({ before, after }))
    expect(paid.reward).toBeCloseTo(free.reward - 0.2, 12)
    expect(paid.noise).toBeCloseTo(free.noise, 12)
    const one = drawnSplit(1, Rng.of(6))
    expect(payment(logLoss, roundOf(one)).noise).toBeNaN()
  })
})

/** Losses of a run, evaluation after evaluation, [evaluations][clips]; whether it blew up at the end. */
const runs = fc.integer({ min: 2, max: 6 }).chain(clips => {
  const loss = fc.oneof(
    { weight: 9, arbitrary: fc.double({ min: 0, max: 20, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(1e-9, 1e9, Number.POSITIVE_INFINITY, Number.NaN) },
  )
  const evaluation = fc.array(loss, { minLength: clips, maxLength: clips })
  return fc.record({
    losses: fc.array(evaluation, { minLength: 2, maxLength: 6 }),
    baseline: evaluation,
    diverged: fc.boolean(),
  })
})

type Run = typeof runs extends fc.Arbitrary<infer R> ? R : never

function payments(reward: RewardDefinition, { losses, baseline, diverged }: Run) {
  const evaluated = (values: readonly number[]) =>
    measured(Float64Array.from(values), new Uint8Array(values.length))
  const all = losses.map(evaluated)
  if (diverged) all.push(divergedMeasurement(all[all.length - 1], TASK))
  const rounds = all.slice(1).map((after, i) => {
    const terminated = i === all.length - 2
    return payment(reward, roundOf({ before: all[i], after, baseline: evaluated(baseline), terminated }))
  })
  const ends = [all[0], all[all.length - 1], evaluated(baseline)].map(({ evaluation }) => evaluation)
  const logs = ends.map(({ loss }) =>
    Math.log(
      Number.isFinite(loss) ? Math.min(Math.max(loss, 1e-4), 3 * Math.log(CLASSES)) : 3 * Math.log(CLASSES),
    ),
  )
  const [first, last] = logs
  const scores = ends.map(({ score }) => score)
  return { rounds, total: rounds.reduce((sum, { reward: paid }) => sum + paid, 0), first, last, scores }
}

describe('returns', () => {
  property([runs])('log-loss telescopes, whether the run diverges or not', run => {
    const { total, first, last } = payments(logLoss, run)
    expect(total).toBeCloseTo(first - last, 10)
  })

  property([runs])('score-gain telescopes, and a run that diverges ends at 0', run => {
    const { total, scores } = payments(scoreGain, run)
    expect(total).toBeCloseTo(scores[1] - scores[0], 10)
    if (run.diverged) expect(scores[1]).toBe(0)
  })

  property([runs])('terminal-advantage pays once, the lead over the baseline', run => {
    const { rounds, total, scores } = payments(terminalAdvantage, run)
    expect(total).toBeCloseTo(scores[1] - scores[2], 10)
    for (const { reward, noise } of rounds.slice(0, -1)) expect([reward, noise]).toEqual([0, 0])
  })

  property([runs])('the noise of a telescoped return is that of its first and last evaluation', run => {
    const { rounds } = payments(logLoss, run)
    const sums = rounds[0].replicates.map((_, clip) =>
      rounds.reduce((sum, { replicates }) => sum + replicates[clip], 0),
    )
    const ends = [run.losses[0], run.losses[run.losses.length - 1]].map(values =>
      measured(Float64Array.from(values), new Uint8Array(values.length)),
    )
    const last = run.diverged ? divergedMeasurement(ends[1], TASK) : ends[1]
    const whole = payment(logLoss, roundOf({ before: ends[0], after: last }))
    expect(standardError(sums)).toBeCloseTo(whole.noise, 8)
  })
})

describe('accuracy-headroom', () => {
  const at = (primary: number) => ({ primary }) as Evaluation<'reward'>
  const paid = (before: number, after: number) =>
    accuracyHeadroom.reward({ before: at(before), after: at(after) } as RewardRound)

  test.each([
    [0.5, 0.75, 0.5],
    [0.75, 0.5, -0.5],
    [0, 1, 1],
    [0.9, 0.9, 0],
    [1, 1, 0],
    [1, 0.8, -1],
  ])('from %f to %f pays %f', (before, after, reward) => {
    expect(paid(before, after)).toBeCloseTo(reward, 12)
  })
})

describe('settle', () => {
  test('pays every group the round, and adds it to the return without each clip', () => {
    const { before, after } = drawnSplit(6, Rng.of(7))
    const progress = (of: typeof before, rest: object) =>
      ({
        measured: of,
        step: 3,
        trainLoss: 0.5,
        done: false,
        diverged: false,
        ...rest,
      }) as unknown as Progress
    const returns = Float64Array.of(1, 2, 3, 4, 5, 6)
    const trainee = { task: TASK, network: { groups: [1, 2, 3] }, flops: 77 } as unknown as Trainee
    const end = progress(after, { step: 5, done: true, returns: Float64Array.of(0) })
    const { progress: now, result } = settle(progress(before, { returns }), end, 0.25, {
      reward: withCost(logLoss, 2),
      trainee,
    })
    const free = payment(logLoss, roundOf({ before, after }))
    expect(result).toMatchObject({ terminated: true, diverged: false, step: 5, flops: 77, trainLoss: 0.5 })
    expect(result.evaluation).toBe(after.evaluation)
    expect(result.reward).toBeCloseTo(free.reward - 0.5, 12)
    expect(result.rewards).toEqual([result.reward, result.reward, result.reward])
    expect(result.noise).toBeCloseTo(free.noise, 12)
    expect(now).toMatchObject({ step: 5, done: true })
    for (const [clip, sum] of returns.entries())
      expect(now.returns[clip]).toBeCloseTo(sum + free.replicates[clip] - 0.5, 12)
    expect(now.returns).toHaveLength(6)
  })
})

describe('terminal-advantage', () => {
  test('is refused where a round is played again to see what an action brought', () => {
    expect(() => checkCredit('difference', withCost(terminalAdvantage, 1))).toThrow(/--credit team/)
    checkCredit('team', terminalAdvantage)
    checkCredit('difference', logLoss)
  })

  test('says what it lacks', () => {
    const { before, after } = drawnSplit(4, Rng.of(1))
    expect(() => payment(terminalAdvantage, roundOf({ before, after, terminated: true }))).toThrow(
      /needsBaseline: true/,
    )
  })
})

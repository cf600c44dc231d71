import { beforeAll, describe, expect, test } from 'vitest'
import type { Measurement } from '../../../src/envs/finetune/evaluation.ts'
import { type RewardRound, terminalAdvantage, withCost } from '../../../src/envs/finetune/reward.ts'
import { StageTree } from '../../../src/envs/finetune/stages.ts'
import type { FineTuning } from '../../../src/envs/finetune/world.ts'
import type { FineTuningOptions, Stage } from '../../../src/envs/finetune/world-state.ts'
import { FlatEnv } from '../../../src/envs/hierarchy/flat.ts'
import { RootEnv } from '../../../src/envs/hierarchy/root.ts'
import { SequentialEnv } from '../../../src/envs/hierarchy/sequential.ts'
import { parallelView } from '../../../src/envs/hierarchy/views.ts'
import type { RoundResult } from '../../../src/envs/world.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { fc, property } from '../../support/property.ts'
import { tinyTrainee, tinyWorld } from '../../support/world.ts'

beforeAll(async () => {
  await startEngine()
})

const KEEP = 2
const RESET = 4
const CHOICES = [RESET, RESET, KEEP]

const rewarded = (options: Partial<FineTuningOptions<number>> = {}) =>
  tinyWorld({ reward: terminalAdvantage, ...options })

async function play(world: FineTuning<number>, seed: number, choices = CHOICES) {
  await world.reset(seed)
  const rounds: RoundResult[] = []
  do rounds.push(await world.round(choices))
  while (!rounds[rounds.length - 1].terminated)
  return rounds
}

const total = (rounds: readonly RoundResult[]) => rounds.reduce((sum, { reward }) => sum + reward, 0)

/** Full fine-tuning at the reset rates, in one go, from the same seed: what it reaches on the reward split, and its FLOPs. */
async function fullFineTuning(seed: number, options: Partial<FineTuningOptions<number>> = {}) {
  const world = tinyWorld({ ...options, probed: false, roundSteps: 8 })
  const { limits } = world.options
  await world.reset(seed)
  const start = world.flops
  const rates = [limits.reset(1), limits.reset(1), limits.reset(0)]
  const { evaluation } = await world.train(rates.map(learningRate => ({ frozen: false, learningRate })))
  return { ...evaluation, flops: world.flops - start }
}

describe('terminal-advantage', () => {
  test('is the lead of the score over the baseline at the end, 0 before, and the baseline is full fine-tuning', async () => {
    const rounds = await play(rewarded(), 1)
    const { score } = await fullFineTuning(1)
    expect(rounds.slice(0, -1).map(({ reward, noise }) => [reward, noise])).toEqual(Array(3).fill([0, 0]))
    const last = rounds[3]
    expect(last.reward).toBeCloseTo(last.evaluation.score - score, 12)
    expect(last.noise).toBeGreaterThan(0)
  })

  test('full fine-tuning itself gains nothing over the baseline', async () => {
    const world = rewarded({ probed: false })
    await world.reset(2)
    const { limits } = world.options
    const settings = [1, 1, 0].map(depth => ({ frozen: false, learningRate: limits.reset(depth) }))
    const rounds: RoundResult[] = []
    do rounds.push(await world.train(settings))
    while (!rounds[rounds.length - 1].terminated)
    expect(total(rounds)).toBeCloseTo(0, 10)
  })

  test('a run after its baseline is bit-equal to one without', async () => {
    const [plain, world] = [tinyWorld(), rewarded()]
    await plain.reset(3)
    await world.reset(3)
    expect(world.flops).toBe(plain.flops)
    for (let over = false; !over; ) {
      const [one, other] = [await plain.round(CHOICES), await world.round(CHOICES)]
      expect({ ...other, reward: 0, rewards: [], noise: 0, replicates: [] }).toEqual({
        ...{ ...one, reward: 0, rewards: [], noise: 0, replicates: [] },
      })
      expect(world.observation(0)).toEqual(plain.observation(0))
      over = one.terminated
    }
    expect(world.options.trainee.read()).toEqual(plain.options.trainee.read())
  })

  test('the baseline is played once a seed, and its FLOPs are charged to the episode that played it', async () => {
    const world = rewarded()
    const extra: number[] = []
    for (const seed of [1, 2, 1]) {
      await play(world, seed)
      extra.push(world.spentFlops - world.flops)
    }
    const { flops } = await fullFineTuning(1)
    expect(extra[0] / flops).toBeCloseTo(1, 6)
    expect(extra[1] / flops).toBeCloseTo(1, 6)
    expect(extra[2]).toBe(0)
  })

  test('worlds may share what was played', async () => {
    const baselines = new Map<number, Measurement>()
    const first = total(await play(rewarded({ baselines }), 1))
    const second = rewarded({ baselines })
    expect(total(await play(second, 1))).toBe(first)
    expect(second.spentFlops).toBe(second.flops)
  })

  test('the baseline belongs to the state: a snapshot brings its own back', async () => {
    const world = rewarded({ budgetSteps: 2 })
    await world.reset(1)
    const saved = world.snapshot()
    const once = await world.round(CHOICES)
    await world.reset(2)
    await world.round(CHOICES)
    world.restore(saved)
    expect(await world.round(CHOICES)).toEqual(once)
  })

  test('stages that are remembered pay the same', async () => {
    const world = rewarded({ stages: new StageTree<Stage>(2 ** 28) })
    const once = await play(world, 1)
    const again = await play(world, 1)
    expect(again).toEqual(once)
    expect(world.spentFlops).toBe(0)
  })

  test('a run that diverges is paid with 0 as its last score', async () => {
    const world = tinyWorld({ reward: terminalAdvantage }, tinyTrainee({ optimizer: 'sgd' }))
    await world.reset(1)
    const blown = await world.train(world.settings.map(() => ({ frozen: false, learningRate: 1e25 })))
    const baseline = world.snapshot().progress.baseline?.evaluation.score ?? Number.NaN
    expect(blown).toMatchObject({ diverged: true, terminated: true })
    expect(blown.reward).toBeCloseTo(-baseline, 12)
  })

  test('difference credit is refused', () => {
    expect(() => rewarded({ credit: 'difference' })).toThrow(
      /pays nothing before a run's end: use --credit team/,
    )
  })

  test('a cost is paid every round, the advantage at the end', async () => {
    const free = await play(rewarded(), 1)
    const paid = await play(rewarded({ reward: withCost(terminalAdvantage, 1000), budgetFlops: 1e12 }), 1)
    expect(paid.every(({ reward }, i) => reward < free[i].reward)).toBe(true)
    expect(paid[3].noise).toBeCloseTo(free[3].noise, 10)
  })

  test('a reward of one’s own may ask for the baseline too', async () => {
    const seen: RewardRound[] = []
    const world = tinyWorld({
      reward: { description: 'mine', needsBaseline: true, reward: round => seen.push(round) },
    })
    await play(world, 1)
    const { loss } = await fullFineTuning(1)
    expect(seen[0]).toMatchObject({ terminated: false, baseline: { split: 'reward', loss } })
    expect(seen.at(-1)?.terminated).toBe(true)
  })

  const actions = fc.array(fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(0, KEEP, 3, RESET))), {
    ...{ minLength: 3, maxLength: 3 },
  })
  const world = { current: undefined as FineTuning<number> | undefined }
  property([actions, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })], { numRuns: 12 })(
    'whatever is chosen, and wherever it is stopped, the return is the lead over the baseline',
    async (choices, seed, length) => {
      world.current ??= rewarded({ budgetSteps: 6 })
      const { current } = world
      await current.reset(seed)
      const rounds: RoundResult[] = []
      for (const chosen of choices.slice(0, length)) {
        if (rounds.at(-1)?.terminated !== true) rounds.push(await current.round(chosen))
      }
      if (!rounds[rounds.length - 1].terminated) rounds.push(current.stop())
      const { score } = await fullFineTuning(seed, { budgetSteps: 6 })
      expect(total(rounds)).toBeCloseTo(current.evaluation.score - score, 6)
      expect(current.returnNoise).toBeCloseTo(rounds[rounds.length - 1].noise, 12)
    },
  )
})

describe('the noise of rewards', () => {
  test('is told by every view, of the same choices the same', async () => {
    const parallel = parallelView(tinyWorld())
    await Promise.all(parallel.map(env => env.reset({ seed: 5 })))
    const together = await Promise.all(CHOICES.map((action, i) => parallel[i].step(action)))
    const sequential = new SequentialEnv(tinyWorld())
    await sequential.reset({ seed: 5 })
    for (const action of CHOICES.slice(0, -1)) await sequential.step(action)
    const flat = new FlatEnv(tinyWorld())
    await flat.reset({ seed: 5 })
    const noise = together[0].info.rewardNoise as number
    expect(noise).toBeGreaterThan(0)
    expect(together.map(({ info }) => info.rewardNoise)).toEqual([noise, noise, noise])
    expect((await sequential.step(CHOICES[2])).info.rewardNoise).toBe(noise)
    expect((await flat.step(CHOICES)).info.rewardNoise).toBe(noise)
  })

  test('of a root’s choice is that of its discounted rewards; a stop pays what the end does', async () => {
    const gamma = 0.5
    const env = new RootEnv(rewarded() as FineTuning<unknown>, { every: 2, gamma })
    await env.reset({ seed: 1 })
    const { info, reward } = await env.step(1)
    expect(info).toMatchObject({ reward, duration: 2, rewardNoise: 0 })
    const stopped = await env.step(env.stop)
    const { score } = await fullFineTuning(1)
    expect(stopped).toMatchObject({ terminated: true, info: { duration: 0, stopped: true } })
    expect(stopped.reward).toBeCloseTo(Number(stopped.info.score) - score, 12)
    expect(stopped.info.rewardNoise).toBeGreaterThan(0)
  })

  test('of a return is that of the whole: for log-loss, of its first and last evaluation', async () => {
    const whole = tinyWorld({ roundSteps: 4, budgetSteps: 4 })
    const [only] = await play(whole, 1)
    expect(whole.returnNoise).toBeCloseTo(only.noise, 12)
    const world = tinyWorld()
    const rounds = await play(world, 1)
    const apart = Math.sqrt(rounds.reduce((sum, { noise }) => sum + noise ** 2, 0))
    // Rounds share evaluations: their noises don't add up as independent ones do.
    expect(Math.abs(world.returnNoise / apart - 1)).toBeGreaterThan(0.01)
  })
})

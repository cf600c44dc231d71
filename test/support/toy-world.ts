import { inputError } from '../../src/common/error.ts'
import { Rng, type RngState } from '../../src/common/random.ts'
import { standardError } from '../../src/common/statistics.ts'
import { Discrete } from '../../src/envs/spaces.ts'
import type { Best, RoundResult, World } from '../../src/envs/world.ts'

/** Rates of the actions: still, slow, fast. */
const RATES = [0, 0.1, 1] as const
const ITEMS = 4

export interface ToyState {
  readonly rates: readonly number[]
  readonly open: readonly boolean[]
  readonly learned: readonly number[]
  readonly step: number
  readonly flops: number
  readonly rng: RngState
  readonly score: number
  readonly best: Best
  readonly returns: readonly number[]
  readonly done: boolean
}

/**
 * A world without a network: every group learns at its rate, fast for the last group, slow for the others is best, and
 * the score is how much all have learned, with a little noise. A group that moves costs one FLOP a round.
 */
export class ToyWorld implements World<number, number, ToyState> {
  readonly id = 'Toy'
  readonly names: readonly string[]
  readonly actions = {
    space: new Discrete(RATES.length),
    describe: (action: number) => ['still', 'slow', 'fast'][action],
  }
  readonly features = { group: ['rate', 'learned', 'frozen'], global: ['budget-left', 'score'] }
  private state: ToyState | undefined

  constructor(
    readonly groups = 3,
    readonly rounds = 4,
    /** Called before every round; what it throws fails the run. */
    private readonly onRound: (seed: number, step: number) => void = () => undefined,
  ) {
    this.names = Array.from({ length: groups }, (_, group) => `group-${group}`)
  }

  private seed = 0

  private get now(): ToyState {
    if (this.state === undefined)
      throw inputError('episode.not-started', 'call reset before using the environment')
    return this.state
  }

  get budgetFlops() {
    return this.rounds * this.groups
  }
  get settings() {
    return this.now.rates
  }
  get rates() {
    return this.now.rates
  }
  get flops() {
    return this.now.flops
  }
  get spentFlops() {
    return this.now.flops
  }
  get diverged() {
    return false
  }
  get best(): Best {
    return this.now.best
  }
  bestWeights() {
    return {}
  }
  get evaluation() {
    return evaluationAt(this.now.score)
  }
  get returnNoise() {
    return standardError(Float64Array.from(this.now.returns))
  }

  async reset(seed: number) {
    this.seed = seed
    const zero = Array<number>(this.groups).fill(0)
    const best = { score: 0, measured: { evaluation: evaluationAt(0) }, step: 0, flops: 0 }
    const open = zero.map(() => true)
    const begun = { rates: zero, learned: zero, open, step: 0, flops: 0, score: 0, best, done: false }
    this.state = { ...begun, rng: Rng.of(seed).state(), returns: Array<number>(ITEMS).fill(0) }
  }

  observation(group: number) {
    const { rates, learned, score } = this.now
    const still = rates[group] === 0 ? 1 : -1
    return Float32Array.of(2 * rates[group] - 1, 2 * learned[group] - 1, still, this.budgetLeft(), score)
  }

  mask(group: number) {
    return this.now.open[group] ? undefined : Uint8Array.of(1, 0, 0)
  }

  permit(open: readonly boolean[]) {
    this.state = { ...this.now, open, rates: this.now.rates.map((rate, g) => (open[g] ? rate : 0)) }
  }

  round(actions: readonly (number | undefined)[]) {
    return this.train(
      this.now.rates.map((rate, g) => {
        const action = actions[g]
        return action === undefined ? rate : RATES[action]
      }),
    )
  }

  async train(settings: readonly number[]): Promise<RoundResult> {
    const { step, flops, open, learned, rng: drawn } = this.unfinished()
    this.onRound(this.seed, step)
    const rng = Rng.restore(drawn)
    const rates = settings.map((rate, g) => (open[g] ? rate : 0))
    const reached = learned.map((share, g) => {
      const right = (rates[g] === 1) === (g === this.groups - 1)
      return rates[g] === 0 ? share : share + (1 - share) * (right ? 0.5 : 0.1)
    })
    const score = 0.98 * (reached.reduce((a, b) => a + b) / this.groups) + 0.02 * rng.next()
    const spent = flops + rates.filter(rate => rate > 0).length
    const next = { ...this.now, rates, learned: reached, step: step + 1, flops: spent, rng: rng.state() }
    return this.settle(next, score)
  }

  stop() {
    return this.settle(this.unfinished(), this.now.score, true)
  }

  awake() {
    return this.now.rates.map((rate, g) => (this.now.open[g] && rate === 0 ? RATES[1] : rate))
  }

  settingsAt(rates: readonly number[]) {
    return rates
  }

  budgetLeft() {
    const { step, flops } = this.now
    return Math.max(0, 1 - Math.max(step / (4 * this.rounds), flops / this.budgetFlops))
  }

  snapshot() {
    return this.now
  }

  restore(state: ToyState) {
    this.state = state
  }

  private unfinished(): ToyState {
    if (!this.now.done) return this.now
    throw inputError('episode.over', 'the episode is over: reset the environment before stepping again')
  }

  private settle(next: ToyState, score: number, stopped = false): RoundResult {
    const reward = score - this.now.score
    const replicates = Float64Array.from({ length: ITEMS }, (_, item) => reward * (1 + (item - 1.5) / 10))
    const { step, flops } = next
    const evaluation = evaluationAt(score)
    const better = score > next.best.score
    const best = better ? { score, measured: { evaluation }, step, flops } : next.best
    const returns = next.returns.map((sum, item) => sum + replicates[item])
    this.state = { ...next, score, best, returns }
    const terminated = stopped || this.budgetLeft() <= 0
    this.state = { ...this.state, done: terminated }
    return {
      ...{ reward, replicates, noise: standardError(replicates), rewards: next.rates.map(() => reward) },
      ...{ terminated, diverged: false, step, flops, trainLoss: evaluation.loss, evaluation },
    }
  }
}

function evaluationAt(score: number) {
  return { score, loss: 1 - score, primary: score }
}

import { inputError } from '../../common/error.ts'
import { Rng, type RngState } from '../../common/random.ts'
import type { Env, EnvSpec, Info, ResetResult, Snapshot, StepResult } from '../env.ts'
import { Discrete, Tuple } from '../spaces.ts'

/** [the player's sum, the dealer's open card, 1 where the player has an ace that counts 11] */
export type BlackjackView = readonly [sum: number, dealer: number, usableAce: number]

export interface BlackjackOptions {
  readonly spec: EnvSpec
  /** A natural that wins pays 1.5. */
  readonly natural: boolean
  /** Sutton & Barto's rules, example 5.1, whatever `natural` says: a natural wins against all but another. */
  readonly suttonBarto: boolean
  /** A card from 1 (an ace) to 10; default: from a deck without end. */
  readonly draw?: (rng: Rng) => number
}

/**
 * Blackjack against a dealer who takes cards up to 17: 0 sticks, 1 takes a card. Reward 1, 0 or −1 at the end. Rules:
 * gymnasium/envs/toy_text/blackjack.py.
 */
export class Blackjack implements Env<BlackjackView, number> {
  readonly spec: EnvSpec
  readonly observationSpace = new Tuple(new Discrete(32), new Discrete(11), new Discrete(2))
  readonly actionSpace = new Discrete(2)
  private player: readonly number[] = []
  private dealer: readonly number[] = []
  private over = true
  private rng: Rng
  private readonly draw: (rng: Rng) => number

  constructor(private readonly options: BlackjackOptions) {
    this.spec = options.spec
    this.draw = options.draw ?? drawn
    this.rng = Rng.of(0, this.spec.id)
  }

  reset(options?: { seed?: number }): ResetResult<BlackjackView> {
    if (options?.seed !== undefined) this.rng = Rng.of(options.seed, this.spec.id)
    this.dealer = [this.draw(this.rng), this.draw(this.rng)]
    this.player = [this.draw(this.rng), this.draw(this.rng)]
    this.over = false
    return { observation: this.observe(), info: {} }
  }

  step(action: number): StepResult<BlackjackView> {
    const { spec, actionSpace } = this
    if (this.over) {
      throw inputError('env.ended', `the episode of ${spec.id} is over: call reset() before step()`)
    }
    if (!actionSpace.contains(action)) {
      const space = JSON.stringify(actionSpace)
      throw inputError('env.action', `${spec.id} takes actions of ${space}, not ${JSON.stringify(action)}`)
    }
    const reward = action === 1 ? this.hit() : this.stick()
    const info: Info = {}
    return { observation: this.observe(), reward, terminated: this.over, truncated: false, info }
  }

  snapshot(): Snapshot {
    const { rng, player, dealer, over } = this
    const saved: Saved = { rng: rng.state(), player, dealer, over }
    return saved
  }

  restore(snapshot: Snapshot): void {
    const { rng, player, dealer, over } = snapshot as Saved
    this.rng = Rng.restore(rng)
    this.player = player
    this.dealer = dealer
    this.over = over
  }

  render(): string {
    const dealer = this.over ? `${this.dealer.join(' ')} (${sumOf(this.dealer)})` : `${this.dealer[0]} ?`
    return `dealer ${dealer}, player ${this.player.join(' ')} (${sumOf(this.player)})`
  }

  private observe(): BlackjackView {
    return [sumOf(this.player), this.dealer[0], hasUsableAce(this.player) ? 1 : 0]
  }

  private hit(): number {
    this.player = [...this.player, this.draw(this.rng)]
    this.over = sumOf(this.player) > 21
    return this.over ? -1 : 0
  }

  private stick(): number {
    while (sumOf(this.dealer) < 17) this.dealer = [...this.dealer, this.draw(this.rng)]
    this.over = true
    const { natural, suttonBarto } = this.options
    const reward = Math.sign(scoreOf(this.player) - scoreOf(this.dealer))
    if (!isNatural(this.player)) return reward
    if (suttonBarto) return isNatural(this.dealer) ? reward : 1
    return natural && reward === 1 ? 1.5 : reward
  }
}

interface Saved {
  readonly rng: RngState
  readonly player: readonly number[]
  readonly dealer: readonly number[]
  readonly over: boolean
}

/** Of thirteen ranks; the last four count ten. */
function drawn(rng: Rng): number {
  return Math.min(1 + rng.int(13), 10)
}

function hardSum(hand: readonly number[]): number {
  return hand.reduce((sum, card) => sum + card, 0)
}

function hasUsableAce(hand: readonly number[]): boolean {
  return hand.includes(1) && hardSum(hand) + 10 <= 21
}

function sumOf(hand: readonly number[]): number {
  return hardSum(hand) + (hasUsableAce(hand) ? 10 : 0)
}

/** 0 beyond 21. */
function scoreOf(hand: readonly number[]): number {
  return sumOf(hand) > 21 ? 0 : sumOf(hand)
}

function isNatural(hand: readonly number[]): boolean {
  return hand.length === 2 && hand.includes(1) && hand.includes(10)
}

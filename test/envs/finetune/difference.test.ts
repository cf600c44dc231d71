import { describe, expect, test } from 'vitest'
import type { GroupSetting } from '../../../src/envs/finetune/actions.ts'
import { differences } from '../../../src/envs/finetune/difference.ts'
import type { WorldState } from '../../../src/envs/finetune/world-state.ts'
import type { RoundResult } from '../../../src/envs/world.ts'

const at = (learningRate: number, frozen = false): GroupSetting => ({ frozen, learningRate })

/** A world whose rounds bring what the rates of their groups sum to, and cost 10 FLOPs a group that moves. */
class SumWorld {
  flops = 100
  rounds = 0
  readonly played: (readonly GroupSetting[])[] = []

  snapshot = () => ({ flops: this.flops, rounds: this.rounds }) as unknown as WorldState

  restore(state: WorldState): void {
    const { flops, rounds } = state as unknown as { flops: number; rounds: number }
    this.flops = flops
    this.rounds = rounds
  }

  async train(settings: readonly GroupSetting[]): Promise<RoundResult> {
    this.played.push(settings)
    this.rounds++
    const moving = settings.filter(({ frozen }) => !frozen)
    this.flops += 10 * moving.length
    const reward = moving.reduce((sum, { learningRate }) => sum + learningRate, 0)
    return { reward, flops: this.flops, step: this.rounds } as RoundResult
  }
}

describe('differences', () => {
  test('pay each group what the round brought less what it would have brought without its choice', async () => {
    const world = new SumWorld()
    const kept = [at(1), at(2), at(4, true), at(8)]
    const chosen = [at(1), at(3), at(4), at(8, true)]
    const { result, replayed } = await differences(world, kept, chosen)
    // 1 + 3 + 4; without the second's choice 1 + 2 + 4, without the third's 1 + 3, without the fourth's 1 + 3 + 4 + 8.
    expect(result).toMatchObject({ reward: 8, rewards: [0, 1, 4, -8], step: 1, flops: 130 })
    expect(replayed).toBe(30 + 20 + 40)
    expect(world.played).toEqual([
      chosen,
      [at(1), at(2), at(4), at(8, true)],
      [at(1), at(3), at(4, true), at(8, true)],
      [at(1), at(3), at(4), at(8)],
    ])
  })

  test('leave the world as the chosen round left it', async () => {
    const world = new SumWorld()
    await differences(world, [at(1), at(2)], [at(2), at(3)])
    expect(world).toMatchObject({ flops: 120, rounds: 1 })
  })

  test('a frozen group’s rate is no choice', async () => {
    const world = new SumWorld()
    const { result, replayed } = await differences(world, [at(1, true)], [at(5, true)])
    expect({ rewards: result.rewards, replayed, played: world.played.length }).toEqual({
      rewards: [0],
      replayed: 0,
      played: 1,
    })
  })
})

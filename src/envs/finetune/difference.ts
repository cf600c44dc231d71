import type { RoundResult } from '../world.ts'
import type { GroupSetting } from './actions.ts'
import type { WorldState } from './world-state.ts'

interface Replayable {
  readonly flops: number
  snapshot(): WorldState
  restore(state: WorldState): void
  train(settings: readonly GroupSetting[]): Promise<RoundResult>
}

/**
 * The round as chosen, and once more for each group that chose something else than it had: its reward is what the
 * round brought less what it would have brought without. The world is left as the round as chosen left it.
 * @returns the round with these rewards, and the FLOPs of the rounds that were played again
 */
export async function differences(
  world: Replayable,
  kept: readonly GroupSetting[],
  settings: readonly GroupSetting[],
): Promise<{ readonly result: RoundResult; readonly replayed: number }> {
  const before = world.snapshot()
  const flopsBefore = world.flops
  const result = await world.train(settings)
  const after = world.snapshot()
  const rewards: number[] = []
  let replayed = 0
  for (const [group, setting] of settings.entries()) {
    if (sameSetting(setting, kept[group])) {
      rewards.push(0)
      continue
    }
    world.restore(before)
    const other = await world.train(settings.map((chosen, g) => (g === group ? kept[g] : chosen)))
    replayed += other.flops - flopsBefore
    rewards.push(result.reward - other.reward)
  }
  world.restore(after)
  return { result: { ...result, rewards }, replayed }
}

function sameSetting(a: GroupSetting, b: GroupSetting): boolean {
  return a.frozen === b.frozen && (a.frozen || a.learningRate === b.learningRate)
}

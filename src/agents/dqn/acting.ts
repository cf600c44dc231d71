import type { Rng } from '../../common/random.ts'
import type { Space } from '../../envs/env.ts'
import type { ActContext, Decision } from '../agent.ts'
import type { ChosenRows } from '../arrays.ts'
import { flattenRows } from '../flatten.ts'
import { type Exploration, explored } from './exploration.ts'
import { bestAction } from './losses.ts'

const NONE = new Float32Array(0)

interface Parts {
  readonly space: Space<unknown>
  readonly actionSpace: Space<unknown>
  /** Q(s, ·) of flat observations, [rows, actions], valid until the next call. */
  readonly valuesOf: (batch: Float32Array, rows: number) => Float32Array
}

/** Acts by action values, but for random actions on the way: with objects, or over typed arrays to the same bits. */
export class EpsilonGreedy {
  private flat: Float32Array = new Float32Array(0)
  private chosen: Float32Array = new Float32Array(0)

  constructor(private readonly parts: Parts) {}

  act(
    observations: readonly unknown[],
    { masks, memories, explore, rng }: ActContext,
    exploration: Exploration,
  ): readonly Decision<number>[] {
    const { space, actionSpace, valuesOf } = this.parts
    const rows = observations.length
    const random = observations.map((_, row) =>
      explore
        ? explored(exploration, actionSpace, { mask: masks[row], memory: memories?.[row], rng })
        : undefined,
    )
    let values: Float32Array = NONE
    if (!random.every(Boolean)) {
      const batch = flattenRows(space, observations, this.flat)
      if (batch.length > this.flat.length) this.flat = batch
      values = valuesOf(batch, rows)
    }
    const { flatSize: actions } = actionSpace
    return random.map((decision, row) => decision ?? { action: bestAction(values, row, actions, masks[row]) })
  }

  /** Exploring, where nothing is forbidden and random actions last a step. */
  actRows(observations: Float32Array, rows: number, epsilon: number, rng: Rng): ChosenRows {
    const { actionSpace, valuesOf } = this.parts
    if (this.chosen.length < rows) this.chosen = new Float32Array(rows)
    const { chosen } = this
    const exploration = { epsilon, persistence: undefined }
    const given = { mask: undefined, memory: undefined, rng }
    let isGreedy = false
    for (let row = 0; row < rows; row++) {
      chosen[row] = explored(exploration, actionSpace, given)?.action ?? -1
      isGreedy ||= chosen[row] < 0
    }
    const values = isGreedy ? valuesOf(observations, rows) : NONE
    for (let row = 0; row < rows; row++)
      if (chosen[row] < 0) chosen[row] = bestAction(values, row, actionSpace.flatSize, undefined)
    return { actions: chosen.subarray(0, rows) }
  }
}

import type { Info } from '../env.ts'
import type { BatchActions, BatchEnv } from './batch-env.ts'

const NOTHING: Info = Object.freeze({})

/** The observations as they are, a row an environment. */
export function beginRows(batch: BatchEnv) {
  return { rows: rowsOf(batch), infos: new Array<Info>(batch.size).fill(NOTHING) }
}

/**
 * One step of a batch as `VectorEnv` tells it.
 * @param ended 1 where an episode has ended, which is begun again instead; what ends by the step is marked in it
 */
export function stepRows(
  batch: BatchEnv,
  actions: readonly unknown[],
  ended: Uint8Array,
  autoreset: 'next-step' | 'same-step' | 'disabled',
) {
  const { size } = batch
  batch.step(numbersOf(actions, batch), ended)
  const [rewards, terminated, truncated] = [
    batch.rewards.slice(),
    batch.terminated.slice(),
    batch.truncated.slice(),
  ]
  const infos = new Array<Info>(size).fill(NOTHING)
  for (let i = 0; i < size; i++) {
    const isOver = terminated[i] === 1 || truncated[i] === 1
    if (ended[i] === 1) batch.reset(i)
    ended[i] = isOver ? 1 : 0
    if (!isOver) continue
    const finalObservation = rowOf(batch, i)
    infos[i] = { finalObservation }
    if (autoreset !== 'same-step') continue
    batch.reset(i)
    ended[i] = 0
    infos[i] = { finalObservation, finalInfo: NOTHING }
  }
  return { rows: rowsOf(batch), rewards, terminated, truncated, infos }
}

function rowOf({ observations, size }: BatchEnv, i: number): Float32Array {
  const width = observations.length / size
  return observations.slice(i * width, (i + 1) * width)
}

/** Of a copy, so that later steps leave them alone. */
function rowsOf({ observations, size }: BatchEnv): Float32Array[] {
  const copy = observations.slice()
  const width = copy.length / size
  return Array.from({ length: size }, (_, i) => copy.subarray(i * width, (i + 1) * width))
}

function numbersOf(actions: readonly unknown[], { actionSpace }: BatchEnv): BatchActions {
  if (actionSpace.kind === 'discrete') return actions as readonly number[]
  const width = actionSpace.flatSize
  const numbers = new Float32Array(actions.length * width)
  for (const [i, action] of (actions as readonly Float32Array[]).entries())
    numbers.set(action.length === width ? action : new Float32Array(width).fill(Number.NaN), i * width)
  return numbers
}

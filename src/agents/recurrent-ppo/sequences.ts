import { inputError } from '../../common/error.ts'
import type { Memory, Trajectory } from '../agent.ts'
import type { Sequences } from '../gru.ts'
import { isCut } from '../transitions.ts'

/** A piece of a trajectory that is learned from at once, and what comes before it. */
export interface Chunk {
  /** Its first transition, among those of all trajectories one after the other. */
  readonly from: number
  readonly length: number
  /** Transitions before it that are replayed first. */
  readonly burnIn: number
  /** What came with the first that is replayed. */
  readonly memory: Memory | undefined
  /** Row of the observation that follows it, where its value is bootstrapped from. */
  readonly final?: number
}

/**
 * Trajectories in pieces of at most `sequenceLength` transitions, each with up to `burnIn` before it.
 * @returns with the rows of final observations of cut trajectories, which follow those of all transitions, in order
 */
export function chunksOf(
  trajectories: readonly Trajectory<unknown, unknown>[],
  { sequenceLength, burnIn }: { readonly sequenceLength: number; readonly burnIn: number },
): readonly Chunk[] {
  const chunks: Chunk[] = []
  let first = 0
  let final = trajectories.reduce((sum, { transitions }) => sum + transitions.length, 0)
  for (const trajectory of trajectories) {
    const { transitions } = trajectory
    for (let at = 0; at < transitions.length; at += sequenceLength) {
      const length = Math.min(sequenceLength, transitions.length - at)
      const before = Math.min(burnIn, at)
      const ends = at + length === transitions.length
      const { memory } = transitions[at - before]
      const bootstrap = ends && isCut(trajectory) ? { final: final++ } : {}
      chunks.push({ from: first + at, length, burnIn: before, memory, ...bootstrap })
    }
    first += transitions.length
  }
  return chunks
}

/** Chunks side by side, as a GRU takes them. */
export interface Stacked extends Sequences {
  /** The step at which what is learned from begins. */
  readonly learned: number
  /** Rows of the observations that are learned from, chunk after chunk, final ones left out. */
  readonly rows: readonly number[]
  /** Where in [steps, sequences] each of them is. */
  readonly places: readonly number[]
  /** The same of final observations. */
  readonly finals: readonly (readonly [row: number, place: number])[]
}

/**
 * @param observations of all transitions, then the final ones, [rows, inputs]
 * @throws input error when a memory has another size
 */
export function stack(
  chunks: readonly Chunk[],
  observations: Float32Array,
  { inputs, units }: { readonly inputs: number; readonly units: number },
): Stacked {
  const sequences = chunks.length
  const learned = Math.max(...chunks.map(({ burnIn }) => burnIn))
  const ends = chunks.map(({ length, final }) => length + (final === undefined ? 0 : 1))
  const steps = learned + Math.max(...ends)
  const batch = new Float32Array(steps * sequences * inputs)
  const [rows, places]: [number[], number[]] = [[], []]
  const finals: [number, number][] = []
  const put = (row: number, place: number) =>
    batch.set(observations.subarray(row * inputs, (row + 1) * inputs), place * inputs)
  for (const [s, { from, length, burnIn, final }] of chunks.entries()) {
    for (let t = -burnIn; t < length; t++) {
      const place = (learned + t) * sequences + s
      put(from + t, place)
      if (t < 0) continue
      rows.push(from + t)
      places.push(place)
    }
    if (final === undefined) continue
    const place = (learned + length) * sequences + s
    put(final, place)
    finals.push([final, place])
  }
  const initial = stackMemories(
    chunks.map(({ memory }) => memory),
    units,
  )
  const starts = Int32Array.from(chunks, ({ burnIn }) => learned - burnIn)
  return { inputs: batch, steps, sequences, initial, starts, learned, rows, places, finals }
}

/** [memories, units]; nothing remembered is 0. @throws input error when one has another size */
export function stackMemories(memories: readonly (Memory | undefined)[], units: number): Float32Array {
  const stacked = new Float32Array(memories.length * units)
  for (const [i, memory] of memories.entries()) {
    if (memory === undefined) continue
    if (memory.length !== units) {
      throw inputError(
        'agent.memory',
        `a memory has ${memory.length} numbers, and the agent remembers ${units}: it is of another agent`,
      )
    }
    stacked.set(memory, i * units)
  }
  return stacked
}

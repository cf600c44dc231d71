import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import type { ArrayRollout } from '../arrays.ts'
import { pack, packedLength, readCount, readPart, unpackInto } from '../state.ts'
import type { NStep } from './n-step.ts'
import { SumTree } from './sum-tree.ts'

/** Sizes of a replay. */
export interface ReplayOptions {
  /** Transitions kept; the oldest go first. */
  readonly capacity: number
  /** Of a flat observation. */
  readonly inputs: number
  /** Numbers of an action: 1 where it is an index. */
  readonly actionSize?: number
  /** Of a mask of the next state; 0 where there are none. */
  readonly masked: number
  /** Whether masks of the state itself are kept too. */
  readonly ownMasks?: boolean
  /** α of prioritized replay; undefined samples uniformly. */
  readonly priorityExponent?: number
}

/** A minibatch: [rows, …] each. */
export interface Batch {
  readonly indices: Int32Array
  readonly observations: Float32Array
  readonly nextObservations: Float32Array
  /** [rows, actionSize] */
  readonly actions: Float32Array
  readonly rewards: Float32Array
  readonly discounts: Float32Array
  /** 1 where the action is allowed in the next state, [rows, masked] */
  readonly nextMasks: Uint8Array
  /** The same of the state itself, where they are kept: [rows, masked], else [0]. */
  readonly masks: Uint8Array
  /** Importance weights, at most 1; all 1 where sampling is uniform. */
  readonly weights: Float32Array
}

/** Added to |δ|, so that no transition is forgotten (Schaul et al. 2016, section 3.3). */
const LEAST_PRIORITY = 1e-6

/**
 * The last transitions, as rows of one Float32Array: observation, next observation, action, reward, discount, mask of
 * the next state. Sampled with replacement, uniformly or by priority p^α (Schaul et al. 2016).
 */
export class Replay {
  private readonly width: number
  private readonly actionSize: number
  /** [allocated, width]; grows up to the capacity. */
  private rows: Float32Array
  private length = 0
  private next = 0
  private readonly tree: SumTree | undefined
  private largestPriority = 1
  private batch: Batch | undefined

  constructor(private readonly options: ReplayOptions) {
    const { capacity, inputs, actionSize = 1, masked, priorityExponent } = options
    this.actionSize = actionSize
    this.width = 2 * inputs + actionSize + 2 + masked * (options.ownMasks ? 2 : 1)
    this.rows = new Float32Array(Math.min(capacity, 1024) * this.width)
    this.tree = priorityExponent === undefined ? undefined : new SumTree(capacity)
  }

  get size(): number {
    return this.length
  }

  add({ observation, mask, action, reward, discount, next }: NStep): void {
    const { options, actionSize, width } = this
    const { inputs, masked, ownMasks } = options
    const at = this.place() * width
    const row = this.rows.subarray(at, at + width)
    row.set(observation, 0)
    // What follows the end is never read: its discount is 0.
    row.fill(0, inputs, 2 * inputs)
    const rest = 2 * inputs + actionSize
    row.fill(1, rest + 2)
    if (next !== undefined) row.set(next.observation, inputs)
    if (typeof action === 'number') row[2 * inputs] = action
    else row.set(action, 2 * inputs)
    row[rest] = reward
    row[rest + 1] = discount
    if (next?.mask !== undefined) row.set(next.mask, rest + 2)
    if (ownMasks && mask !== undefined) row.set(mask, rest + 2 + masked)
  }

  /** Rows of a rollout, each with the n − 1 steps after it and what followed them; all in one stretch, unmasked, of one number. */
  addRows(
    { observations, actions, rewards }: Pick<ArrayRollout, 'observations' | 'actions' | 'rewards'>,
    {
      from,
      to,
      n,
      gamma,
    }: { readonly from: number; readonly to: number; readonly n: number; readonly gamma: number },
  ): void {
    const { inputs } = this.options
    for (let row = from; row < to; row++) {
      const at = this.place() * this.width
      const { rows } = this
      const [seen, next] = [row * inputs, (row + n) * inputs]
      for (let i = 0; i < inputs; i++) {
        rows[at + i] = observations[seen + i]
        rows[at + inputs + i] = observations[next + i]
      }
      let [reward, discount] = [0, 1]
      for (let t = row; t < row + n; t++) {
        reward += discount * rewards[t]
        discount *= gamma
      }
      const rest = at + 2 * inputs
      rows[rest] = actions[row]
      rows[rest + 1] = reward
      rows[rest + 2] = discount
      rows.fill(1, rest + 3, at + this.width)
    }
  }

  /** Of a new row, which is the most urgent: none that was seen comes before it. */
  private place(): number {
    const index = this.next
    this.reserve(index + 1)
    this.tree?.set(index, this.largestPriority)
    this.next = (index + 1) % this.options.capacity
    this.length = Math.max(this.length, index + 1)
    return index
  }

  /**
   * @param correction β: weights are (N·P(i))^−β over the largest in the batch
   * @returns arrays that the next call writes over
   */
  sample(count: number, rng: Rng, correction: number): Batch {
    const batch = this.batchOf(count)
    const { inputs, masked, ownMasks } = this.options
    const { tree, rows, width, actionSize } = this
    let largest = 0
    for (let k = 0; k < count; k++) {
      const index =
        tree === undefined ? rng.int(this.length) : tree.find(((k + rng.next()) / count) * tree.total)
      const at = index * width
      batch.indices[k] = index
      for (let i = 0; i < inputs; i++) {
        batch.observations[k * inputs + i] = rows[at + i]
        batch.nextObservations[k * inputs + i] = rows[at + inputs + i]
      }
      for (let i = 0; i < actionSize; i++) batch.actions[k * actionSize + i] = rows[at + 2 * inputs + i]
      const rest = at + 2 * inputs + actionSize
      batch.rewards[k] = rows[rest]
      batch.discounts[k] = rows[rest + 1]
      for (let i = 0; i < masked; i++) {
        batch.nextMasks[k * masked + i] = rows[rest + 2 + i]
        if (ownMasks) batch.masks[k * masked + i] = rows[rest + 2 + masked + i]
      }
      const probability = tree === undefined ? 1 / this.length : tree.get(index) / tree.total
      batch.weights[k] = tree === undefined ? 1 : (this.length * probability) ** -correction
      largest = Math.max(largest, batch.weights[k])
    }
    for (let k = 0; k < count; k++) batch.weights[k] /= largest
    return batch
  }

  /** Sets the priorities of a batch by its temporal-difference errors. */
  prioritize({ indices }: Batch, errors: Float32Array): void {
    const { priorityExponent } = this.options
    if (this.tree === undefined || priorityExponent === undefined) return
    for (let k = 0; k < indices.length; k++) {
      const priority = Math.fround((Math.abs(errors[k]) + LEAST_PRIORITY) ** priorityExponent)
      this.tree.set(indices[k], priority)
      this.largestPriority = Math.max(this.largestPriority, priority)
    }
  }

  /** JSON-safe and complete. */
  state(): Readonly<Record<string, unknown>> {
    const { tree, length, next, width, largestPriority } = this
    const priorities = tree && pack(Float32Array.from({ length }, (_, i) => tree.get(i)))
    return {
      length,
      next,
      rows: pack(this.rows.subarray(0, length * width)),
      ...(tree && { priorities, largestPriority }),
    }
  }

  /** @throws input error when the state is of other sizes, or of a replay without priorities */
  restore(state: unknown): void {
    const saved = readPart(state, 'replay')
    const length = readCount(saved.length, 'replay length')
    if (length > this.options.capacity) {
      throw inputError(
        'agent.state',
        `the agent's saved replay has ${length} transitions, and this one keeps ${this.options.capacity}`,
      )
    }
    const rows = packedLength(saved.rows)
    if (rows === length * this.width) this.reserve(length)
    unpackInto(this.rows.subarray(0, length * this.width), saved.rows, 'replay')
    if (this.tree !== undefined) {
      const priorities = new Float32Array(length)
      unpackInto(priorities, saved.priorities, 'replay priorities')
      for (let i = 0; i < this.options.capacity; i++) {
        const priority = i < length ? priorities[i] : 0
        if (this.tree.get(i) !== priority) this.tree.set(i, priority)
      }
      this.largestPriority = Number(saved.largestPriority)
    }
    this.length = length
    this.next = readCount(saved.next, 'replay position') % this.options.capacity
  }

  private reserve(rows: number): void {
    const allocated = this.rows.length / this.width
    if (rows <= allocated) return
    const grown = new Float32Array(
      Math.min(this.options.capacity, Math.max(rows, 2 * allocated)) * this.width,
    )
    grown.set(this.rows)
    this.rows = grown
  }

  private batchOf(count: number): Batch {
    const { inputs, masked, ownMasks } = this.options
    if (this.batch?.indices.length !== count) {
      this.batch = {
        indices: new Int32Array(count),
        observations: new Float32Array(count * inputs),
        nextObservations: new Float32Array(count * inputs),
        actions: new Float32Array(count * this.actionSize),
        rewards: new Float32Array(count),
        discounts: new Float32Array(count),
        nextMasks: new Uint8Array(count * masked),
        masks: new Uint8Array(ownMasks ? count * masked : 0),
        weights: new Float32Array(count),
      }
    }
    return this.batch
  }
}

import { failure, inputError } from '../../common/error.ts'
import type { Mask, Space } from '../../envs/env.ts'
import type { Trajectory } from '../agent.ts'
import type { ArrayRollout } from '../arrays.ts'
import { flattenInto } from '../flatten.ts'
import { pack, packedLength, readCount, readPart, unpackInto } from '../state.ts'
import { type NStep, NStepQueue, type ReplayedAction, type Step } from './n-step.ts'
import type { Replay } from './replay.ts'

interface Stream {
  readonly queue: NStepQueue
  /** What followed the last step, flat. */
  readonly observation: Float32Array
  /** What is allowed there, where it is known and not everything. */
  readonly mask?: Mask
}

/** Of `Streams`. */
export interface StreamsOptions {
  readonly space: Space<unknown>
  readonly n: number
  readonly gamma: number
  /** An action as it is replayed. */
  readonly encode: (action: unknown) => ReplayedAction
}

/**
 * Every actor's episodes as streams of n-step transitions. A trajectory that was cut may go on in the next batch
 * (the rollout was full) or not (a time limit): its last n steps wait until then. So transitions are the same
 * wherever rollouts are cut, and the mask of the state after a cut is known when its target needs it.
 */
export class Streams {
  private open = new Map<string, Stream>()

  constructor(private readonly options: StreamsOptions) {}

  /**
   * Feeds a batch of trajectories in; returns the transitions that are complete by it, in order.
   * @throws failure when a reward is not finite; nothing has been fed then
   */
  feed(trajectories: readonly Trajectory<unknown, unknown>[]): readonly NStep[] {
    refuseRewards(trajectories)
    const { encode } = this.options
    const complete: NStep[] = []
    const before = this.open
    this.open = new Map()
    for (const trajectory of trajectories) {
      const { transitions, terminated, truncated } = trajectory
      if (transitions.length === 0) continue
      const key = `${trajectory.episode}/${trajectory.actor}`
      const first = this.flat(transitions[0].observation)
      const queue = this.queueOf(key, before, first, done => complete.push(done))
      for (const [t, { observation, mask, action, reward, duration }] of transitions.entries()) {
        const flat = t === 0 ? first : this.flat(observation)
        const done = queue.push({
          observation: flat,
          mask: mask?.slice(),
          action: encode(action),
          reward,
          duration,
        })
        if (done !== undefined) complete.push(done)
      }
      if (truncated && !terminated) {
        const observation = this.flat(trajectory.finalObservation)
        this.open.set(key, { queue, observation, mask: trajectory.finalMask?.slice() })
      } else {
        complete.push(...queue.end(undefined))
      }
    }
    for (const stream of before.values()) complete.push(...ended(stream))
    return complete
  }

  /**
   * `feed` of a rollout as arrays, into a replay: the same transitions in the same order, from row to row. Only steps that
   * wait for others become objects.
   * @throws as `feed`
   */
  feedRows(rollout: ArrayRollout, replay: Pick<Replay, 'add' | 'addRows'>): void {
    const { rows, observations, actions, rewards, stretches } = rollout
    const { n, gamma, encode } = this.options
    const { flatSize: width } = this.options.space
    for (let row = 0; row < rows; row++) if (!Number.isFinite(rewards[row])) refuseReward(rewards[row])
    const before = this.open
    this.open = new Map()
    const observation = (row: number) => observations.slice(row * width, (row + 1) * width)
    const step = (row: number): Step => ({
      observation: observation(row),
      mask: undefined,
      action: encode(actions[row]),
      reward: rewards[row],
      duration: 1,
    })
    let [from, followed] = [0, rows]
    for (const { episode, rows: count, cut } of stretches) {
      if (count === 0) continue
      const key = `${episode}/shared`
      const first = observations.subarray(from * width, (from + 1) * width)
      let queue = this.queueOf(key, before, first, done => replay.add(done))
      const isWaitedFor = queue.steps.length > 0 || count < n
      for (let t = 0; isWaitedFor && t < Math.min(n, count); t++) {
        const done = queue.push(step(from + t))
        if (done !== undefined) replay.add(done)
      }
      const end = from + count
      if (count > n || (count === n && !isWaitedFor)) {
        replay.addRows(rollout, { from, to: end - n, n, gamma })
        queue = new NStepQueue(
          n,
          gamma,
          Array.from({ length: n }, (_, t) => step(end - n + t)),
        )
      }
      if (cut) this.open.set(key, { queue, observation: observation(followed++), mask: undefined })
      else for (const done of queue.end(undefined)) replay.add(done)
      from = end
    }
    for (const stream of before.values()) for (const done of ended(stream)) replay.add(done)
  }

  /**
   * The steps that wait where this stream goes on, else none: what waited then is complete.
   * @param first what is seen first now
   */
  private queueOf(
    key: string,
    before: Map<string, Stream>,
    first: Float32Array,
    add: (complete: NStep) => void,
  ): NStepQueue {
    const earlier = take(this.open, key) ?? take(before, key)
    if (earlier !== undefined && isEqual(earlier.observation, first)) return earlier.queue
    if (earlier !== undefined) for (const complete of ended(earlier)) add(complete)
    return new NStepQueue(this.options.n, this.options.gamma)
  }

  private flat(observation: unknown): Float32Array {
    const { space } = this.options
    const flat = new Float32Array(space.flatSize)
    flattenInto(space, observation, flat, 0)
    return flat
  }

  /** JSON-safe and complete. */
  state(): readonly unknown[] {
    return [...this.open].map(([key, { queue, observation, mask }]) => ({
      key,
      mask: packedMask(mask),
      observation: pack(observation),
      steps: queue.steps.map(step => ({
        ...step,
        observation: pack(step.observation),
        action: typeof step.action === 'number' ? step.action : pack(step.action),
        mask: packedMask(step.mask),
      })),
    }))
  }

  /** @throws input error when the state is of other observations */
  restore(state: unknown): void {
    if (!Array.isArray(state)) {
      throw inputError(
        'agent.state',
        "the agent's saved 'streams' are missing: the state is of another agent",
      )
    }
    const { n, gamma } = this.options
    this.open = new Map(
      state.map(saved => {
        const { key, observation, mask, steps } = readPart(saved, 'stream')
        const queue = new NStepQueue(n, gamma, Array.isArray(steps) ? steps.map(step => this.step(step)) : [])
        return [String(key), { queue, observation: this.unpacked(observation), mask: readMask(mask) }]
      }),
    )
  }

  private step(saved: unknown): Step {
    const { observation, mask, action, reward, duration } = readPart(saved, 'step')
    return {
      observation: this.unpacked(observation),
      mask: readMask(mask),
      action: readAction(action),
      reward: Number(reward),
      duration: readCount(duration, 'duration'),
    }
  }

  private unpacked(packed: unknown): Float32Array {
    const flat = new Float32Array(this.options.space.flatSize)
    unpackInto(flat, packed, 'observation')
    return flat
  }
}

function isEqual(a: Float32Array, b: Float32Array): boolean {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false
  return true
}

/**
 * A cut that nothing followed bootstraps from the final observation, over what is allowed there. Where actions are masked
 * and nobody said what is allowed at the end, a maximum over forbidden ones would be too high: these last steps are left
 * out.
 */
function ended({ queue, observation, mask }: Stream): readonly NStep[] {
  const unknown = mask === undefined && queue.steps.some(step => step.mask !== undefined)
  const rest = queue.end({ observation, mask })
  return unknown ? [] : rest
}

function packedMask(mask: Mask | undefined): readonly number[] | null {
  return mask === undefined ? null : [...mask]
}

function readMask(saved: unknown): Mask | undefined {
  return Array.isArray(saved) ? Uint8Array.from(saved) : undefined
}

function readAction(saved: unknown): ReplayedAction {
  if (typeof saved !== 'string') return readCount(saved, 'action')
  const numbers = new Float32Array(packedLength(saved) ?? 0)
  unpackInto(numbers, saved, 'action')
  return numbers
}

function take(streams: Map<string, Stream>, key: string): Stream | undefined {
  const stream = streams.get(key)
  streams.delete(key)
  return stream
}

function refuseRewards(trajectories: readonly Trajectory<unknown, unknown>[]): void {
  for (const { transitions } of trajectories) {
    const wrong = transitions.find(({ reward }) => !Number.isFinite(reward))
    if (wrong !== undefined) refuseReward(wrong.reward)
  }
}

function refuseReward(reward: number): never {
  throw failure('agent.reward', `a reward is ${reward}, which is not finite: there is nothing to learn`)
}

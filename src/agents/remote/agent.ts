import { inputError } from '../../common/error.ts'
import type { Mask, Space } from '../../envs/env.ts'
import { Writer } from '../../envs/wire/bytes.ts'
import { jsonOf, KINDS } from '../../envs/wire/frames.ts'
import { readBatch, writeBatch } from '../../envs/wire/values.ts'
import type {
  ActContext,
  Agent,
  AgentContext,
  AgentState,
  Decision,
  LearnReport,
  Trajectory,
  Transition,
} from '../agent.ts'
import type { RemoteProcess } from './process.ts'

/** An agent that lives in another program; docs/protocol.md says what is asked of it. */
export class RemoteAgent implements Agent<unknown, unknown> {
  readonly appetite: Agent<unknown, unknown>['appetite']
  private readonly handle: number
  private readonly observationSpace: Space<unknown>
  private readonly actionSpace: Space<unknown>

  constructor(
    private readonly process: RemoteProcess,
    agent: string,
    context: AgentContext,
  ) {
    const { observationSpace, actionSpace, config, rng, gamma, features, initialLogits } = context
    this.observationSpace = observationSpace
    this.actionSpace = actionSpace
    const made = process.ask(KINDS.create, 0, {
      agent,
      observationSpace,
      actionSpace,
      settings: config,
      seed: rng.int(2 ** 31),
      gamma,
      features: features ?? null,
      initialLogits: initialLogits === undefined ? null : [...initialLogits],
    })
    this.handle = Number(made.handle)
    this.appetite = made.appetite as Agent<unknown, unknown>['appetite']
  }

  act(observations: readonly unknown[], { masks, explore, rng }: ActContext): readonly Decision<unknown>[] {
    const count = observations.length
    if (count === 0) return []
    const writer = new Writer()
    const size = masks.some(mask => mask !== undefined) ? this.actionSpace.flatSize : 0
    for (const number of [count, size, explore ? 1 : 0, rng.int(2 ** 32), rng.int(2 ** 32)])
      writer.u32(number)
    if (size > 0) writeMasks(writer, masks, size)
    writeBatch(writer, this.observationSpace, observations)
    const answer = this.process.call(KINDS.act, this.handle, writer)
    const has = answer.u32()
    answer.align()
    const column = (bit: number) => (has & bit ? observations.map(() => answer.f64()) : undefined)
    const [logProbabilities, values] = [column(1), column(2)]
    const actions = readBatch(answer, this.actionSpace, count)
    answer.end()
    return actions.map((action, i) => ({
      action,
      ...(logProbabilities !== undefined && { logProbability: logProbabilities[i] }),
      ...(values !== undefined && { value: values[i] }),
    }))
  }

  learn(trajectories: readonly Trajectory<unknown, unknown>[]): LearnReport {
    const writer = new Writer(4096)
    writer.u32(trajectories.length)
    for (const trajectory of trajectories) this.write(writer, trajectory)
    return jsonOf(this.process.call(KINDS.learn, this.handle, writer)) as LearnReport
  }

  state(): AgentState {
    return this.process.ask(KINDS.state, this.handle, {})
  }

  restore(state: AgentState): void {
    this.process.ask(KINDS.restore, this.handle, state)
  }

  dispose(): void {
    this.process.ask(KINDS.dispose, this.handle, {})
  }

  private write(writer: Writer, trajectory: Trajectory<unknown, unknown>): void {
    const { transitions, finalMask, finalObservation, episode, actor, terminated, truncated } = trajectory
    const masked = finalMask !== undefined || transitions.some(({ mask }) => mask !== undefined)
    const size = masked ? this.actionSpace.flatSize : 0
    writer.text(JSON.stringify({ episode, actor, terminated, truncated }))
    writer.u32(transitions.length)
    writer.u32(size)
    writer.align()
    for (const read of COLUMNS) for (const transition of transitions) writer.f64(read(transition))
    if (size > 0) writeMasks(writer, [...transitions.map(({ mask }) => mask), finalMask], size)
    const actions = transitions.map(({ action }) => action)
    const observations = transitions.map(({ observation }) => observation)
    writeBatch(writer, this.actionSpace, actions)
    writeBatch(writer, this.observationSpace, [...observations, finalObservation])
  }
}

/** Of a transition, one f64 each; NaN where there is none. */
const COLUMNS: readonly ((transition: Transition<unknown, unknown>) => number)[] = [
  ({ reward }) => reward,
  ({ duration }) => duration,
  ({ logProbability = Number.NaN }) => logProbability,
  ({ value = Number.NaN }) => value,
]

function writeMasks(writer: Writer, masks: readonly (Mask | undefined)[], size: number): void {
  const all = new Uint8Array(size).fill(1)
  for (const mask of masks) {
    if (mask !== undefined && mask.length !== size) {
      throw inputError('mask.length', `the mask has ${mask.length} entries, the space needs ${size}`)
    }
    writer.raw(mask ?? all)
  }
}

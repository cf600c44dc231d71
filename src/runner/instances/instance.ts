import type { NetworkFactory } from '../../agents/agent.ts'
import type { ClipValues } from '../../data/clip-values.ts'
import type { Clip, Dataset, Splits } from '../../data/dataset.ts'
import type { Memory } from '../../data/memory.ts'
import type { ActionSet } from '../../envs/finetune/actions.ts'
import type { StateSpace } from '../../envs/finetune/features.ts'
import type { RewardDefinition } from '../../envs/finetune/reward.ts'
import type { FineTuning } from '../../envs/finetune/world.ts'
import type { FineTuningOptions } from '../../envs/finetune/world-state.ts'
import type { Engine } from '../../models/engine.ts'
import type { HeadBuilder } from '../../models/head.ts'
import type { GroupsOption } from '../../models/network.ts'
import type { InputScaling } from '../../models/scaling.ts'
import type { Task } from '../../models/tasks/task.ts'
import type { tf } from '../../models/tf.ts'
import type { Clock, GroupAgent } from '../play/roles.ts'
import type { Container } from '../plugins/container.ts'
import type { Plugin } from '../plugins/plugin.ts'
import type { ControlKey, PlannedKey, WholeConfig } from './config.ts'
import type { InputFormat } from './network.ts'
import type { Probe } from './trained.ts'

/** Parts of a run given in code instead of by name. */
export interface Parts {
  readonly model?: tf.LayersModel
  readonly dataset?: Dataset
  readonly head?: HeadBuilder
  readonly groups?: GroupsOption
  readonly stateSpace?: StateSpace
  readonly actionSpace?: ActionSet<unknown>
  readonly reward?: RewardDefinition
  readonly policyNetwork?: NetworkFactory
  readonly valueNetwork?: NetworkFactory
  readonly plugins?: readonly Plugin[]
}

/** Everything a run works with, made once. */
export interface Composition {
  /** With the engine and the threads that were found. */
  readonly config: WholeConfig
  readonly engine: Engine
  readonly container: Container
  readonly dataset: Dataset
  readonly splits: Splits
  /** What readers of the results must know of the clips. */
  readonly cautions: readonly string[]
  readonly format: InputFormat
  /** Frames a second that clips are decoded at; undefined of sequences. */
  readonly frameRate: number | undefined
  readonly scaling: InputScaling | undefined
  /** What is learned, made for these clips. */
  readonly task: Task
  /** What the task keeps of them, for the saved model. */
  readonly facts: object
  /** Pixels of clips, uint8 [B, T, H, W, C], or their sequences, float32 [B, T, F]. */
  pixels(clips: readonly Clip[]): ClipValues
  /** What the model will have seen at the end: the splits it learns from, and all that it had seen before. */
  readonly memory: Memory
  /** The world on the network that is fine-tuned: one, as many as episodes are played in at once in this process. */
  readonly worlds: readonly FineTuning<unknown>[]
  /** A world on a network with a linear head: the same network, where it has one. */
  readonly linear: FineTuning<unknown>
  /** The linear probe, solved once. */
  probe(clock: Clock): Promise<Probe>
  /** Another world on the same network, with some options of its own. */
  variant(options: Partial<FineTuningOptions<unknown>>): FineTuning<unknown>
  /** The same networks and clips under another control, agents, actions, rewards, rounds, plan, or from another start. */
  derive(
    overrides: Partial<Pick<WholeConfig, ControlKey | PlannedKey | 'roundSteps'>>,
    start?: Pick<FineTuningOptions<unknown>, 'start' | 'settings'>,
  ): Composition
  /** One agent a group, or the same one for all. */
  createAgents(): ReadonlyMap<string, GroupAgent>
  /** The clips; the networks remain. */
  close(): void
  /** The clips and the networks. */
  dispose(): void
}

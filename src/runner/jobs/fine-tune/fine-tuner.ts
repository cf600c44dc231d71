import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NetworkFactory } from '../../../agents/agent.ts'
import type { Dataset } from '../../../data/dataset.ts'
import type { ActionSet } from '../../../envs/finetune/actions.ts'
import type { StateSpace } from '../../../envs/finetune/features.ts'
import type { RewardDefinition, RewardRound } from '../../../envs/finetune/reward.ts'
import type { HeadBuilder } from '../../../models/head.ts'
import type { HeadKind } from '../../../models/head-kinds.ts'
import type { Weights } from '../../../models/initialize.ts'
import type { GroupsOption } from '../../../models/network.ts'
import { writeArtifacts } from '../../../models/save.ts'
import { tf } from '../../../models/tf.ts'
import { type FineTuneConfig, IN_CODE } from '../../instances/config.ts'
import type { Parts } from '../../instances/instance.ts'
import type { EpisodeSummary } from '../../play/summary.ts'
import type { Plugin } from '../../plugins/plugin.ts'
import type { OnEvent } from '../../runs/events.ts'
import { unwatched } from '../../runs/hooks.ts'
import { fineTune } from './job.ts'
import type { FineTuneSummary } from './summary.ts'

/** Every part may be the user's own; what is left out is as in `layergym fine-tune`. */
export interface HierarchicalFineTunerOptions
  extends Partial<Omit<FineTuneConfig, 'model' | 'data' | 'head' | 'groups' | 'episodes' | 'reward'>> {
  /** Layer groups, the head included; or the names of the layers that end one. */
  readonly numLayers?: number | readonly string[]
  readonly head?: HeadKind | HeadBuilder
  /** What agents see of a group and of the run. */
  readonly stateSpace?: StateSpace
  /** What agents may do to a group. */
  readonly actionSpace?: ActionSet<unknown>
  /**
   * Paid a round; it can't see the test split. A definition can ask for a baseline to compare with. Or the id of a
   * reward that's registered.
   */
  readonly rewardFunction?: ((round: RewardRound) => number) | RewardDefinition | string
  /** Features in, a logit an action out; a fresh one for every agent. */
  readonly policyNetwork?: NetworkFactory
  /** Features in, one value out. */
  readonly valueNetwork?: NetworkFactory
  /** Fine-tuning runs to learn from. */
  readonly numEpisodes?: number
  readonly plugins?: readonly Plugin[]
  /** Aborting it ends the run with a LayergymError of the kind `interrupted`. */
  readonly signal?: AbortSignal
  /** Told what happens as it happens: what `events.jsonl` records, and progress. */
  readonly onEvent?: OnEvent
  /** Milliseconds since 1970; only durations are reported. */
  readonly clock?: () => number
}

/** What `fineTune` gives back. */
export interface FineTunerResult {
  /** The fine-tuned tfjs model; `save('file://…')` works on every engine. */
  readonly model: tf.LayersModel
  /** The model's variables, flat, by name. */
  readonly weights: Weights
  /** What each agent learned, by group name or `shared`: complete agent states. */
  readonly policy: Readonly<Record<string, unknown>>
  /** Episodes in order, the greedy run last. */
  readonly learningCurve: readonly EpisodeSummary[]
  /** The learned policy against each baseline. */
  readonly comparison: FineTuneSummary['comparison']
  /** All of `summary.json`. */
  readonly summary: FineTuneSummary
}

/**
 * Reinforcement-learning-based hierarchical fine-tuning in one call: the network is split into layer groups, an
 * agent a group learns when to thaw it and how fast to train it, and the result is compared with plain fine-tuning.
 *
 * @param pretrainedModel a tfjs layers model, or where one is stored
 * @param videoDataset a dataset, or the path of one (folder of class folders, labels.csv, CSV manifest)
 */
export class HierarchicalFineTuner {
  constructor(
    private readonly pretrainedModel: tf.LayersModel | string,
    private readonly videoDataset: Dataset | string,
    private readonly options: HierarchicalFineTunerOptions = {},
  ) {}

  /** @throws LayergymError as the command does: wrong input, failed work, or interrupted by the signal */
  async fineTune(): Promise<FineTunerResult> {
    const { options } = this
    const none = unwatched()
    const {
      numLayers,
      head,
      stateSpace,
      actionSpace,
      rewardFunction,
      policyNetwork,
      valueNetwork,
      numEpisodes,
      plugins,
      signal = none.signal,
      onEvent = none.onEvent,
      clock = none.clock,
      ...config
    } = options
    const out = config.out ?? join(await mkdtemp(join(tmpdir(), 'layergym-')), 'run')
    const values = {
      ...config,
      out,
      model: typeof this.pretrainedModel === 'string' ? this.pretrainedModel : IN_CODE,
      data: typeof this.videoDataset === 'string' ? this.videoDataset : this.videoDataset.path,
      episodes: numEpisodes,
      groups: typeof numLayers === 'number' ? numLayers : undefined,
      head: typeof head === 'string' ? head : undefined,
      reward: rewardFunction === undefined || typeof rewardFunction === 'string' ? rewardFunction : IN_CODE,
    }
    const { summary, model, agents, weights } = await fineTune(
      values,
      { signal, clock, onEvent },
      this.parts(),
    )
    saveAnywhere()
    return {
      model,
      weights,
      policy: Object.fromEntries([...agents].map(([name, agent]) => [name, agent.state()])),
      learningCurve: summary.episodes,
      comparison: summary.comparison,
      summary,
    }
  }

  private parts(): Parts {
    const { options, pretrainedModel, videoDataset } = this
    const { numLayers, head, rewardFunction, stateSpace, actionSpace, policyNetwork, valueNetwork, plugins } =
      options
    const groups: GroupsOption | undefined =
      numLayers === undefined || typeof numLayers === 'number' ? undefined : { after: numLayers }
    return {
      model: typeof pretrainedModel === 'string' ? undefined : pretrainedModel,
      dataset: typeof videoDataset === 'string' ? undefined : videoDataset,
      head: typeof head === 'function' ? head : undefined,
      reward:
        typeof rewardFunction === 'function'
          ? { description: 'given in code', reward: rewardFunction }
          : typeof rewardFunction === 'string'
            ? undefined
            : rewardFunction,
      groups,
      stateSpace,
      actionSpace,
      policyNetwork,
      valueNetwork,
      plugins,
    }
  }
}

export { HierarchicalFineTuner as RLHF }

/** Without tfjs-node, tfjs itself can't save to file:// in Node. */
function saveAnywhere(): void {
  if (tf.io.getSaveHandlers('file://x').length > 0) return
  tf.io.registerSaveRouter(url => {
    if (typeof url !== 'string' || !url.startsWith('file://')) return null as unknown as tf.io.IOHandler
    return { save: artifacts => writeArtifacts(artifacts, url.slice('file://'.length)) }
  })
}

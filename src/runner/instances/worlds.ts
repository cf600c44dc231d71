import { inputError } from '../../common/error.ts'
import { unknownName } from '../../common/suggest.ts'
import { rateLimits } from '../../envs/finetune/actions.ts'
import { checkCredit, withCost } from '../../envs/finetune/reward.ts'
import { SHAPES } from '../../envs/finetune/shape.ts'
import { StageTree } from '../../envs/finetune/stages.ts'
import { FineTuning } from '../../envs/finetune/world.ts'
import type { FineTuningOptions } from '../../envs/finetune/world-state.ts'
import type { Trainee } from '../../models/trainee.ts'
import { parseAgentConfig } from '../plugins/agent-config.ts'
import type { Container } from '../plugins/container.ts'
import { augmentationOf } from './augmentation.ts'
import { batchSizeOf } from './clips.ts'
import { type FineTuneConfig, longestRun, roundStepsOf, type WholeConfig } from './config.ts'
import type { Parts } from './instance.ts'
import { scalingNamed } from './network.ts'
import { refuseBalance } from './task.ts'

export const MEGABYTE = 2 ** 20

/** Worlds as a configuration describes them, on networks that are given. */
export function worldsFor(
  config: WholeConfig,
  parts: Parts,
  container: Container,
  given: Pick<FineTuningOptions<unknown>, 'keepHead' | 'balancedBatches' | 'signal' | 'onStep'> & {
    readonly splits: Parameters<typeof batchSizeOf>[1]
  },
) {
  const reward = parts.reward ?? container.get('rewards', config.reward)
  const batchSize = batchSizeOf(config, given.splits)
  const baselines: FineTuningOptions['baselines'] = new Map()
  return (trainee: Trainee, options: Partial<FineTuningOptions<unknown>> = {}) =>
    new FineTuning<unknown>({
      trainee,
      pretrained: trainee.pretrained,
      ...given,
      batchSize,
      roundSteps: roundStepsOf(config),
      budgetSteps: longestRun(config),
      budgetFlops: budgetFlops(trainee, config.budgetSteps, batchSize),
      limits: rateLimits(config.learningRate),
      actions: parts.actionSpace ?? container.get('actions', config.actions),
      states: parts.stateSpace ?? container.get('states', config.states),
      reward: config.costWeight > 0 ? withCost(reward, config.costWeight) : reward,
      credit: config.credit,
      baselines,
      norms: { modes: trainee.network.groups.map(() => config.norm) },
      shape: SHAPES[config.shape],
      ...options,
    })
}

/** A stage's cached prefixes are its own network's, so every process has stages of its own. */
export function stagesOf({ stageMemory }: FineTuneConfig): Partial<FineTuningOptions<unknown>> {
  const memory = stageMemory * MEGABYTE
  return memory > 0 ? { stages: new StageTree(memory) } : {}
}

/** @throws input error for names that nothing is registered under, wrong settings, and control that doesn't fit its view */
export function refuseMistakes(config: FineTuneConfig, parts: Parts, container: Container): void {
  parseAgentConfig(config.agent, container.get('agents', config.agent).config, config.agentConfig)
  refuseBalance(container.get('tasks', config.task), config)
  augmentationOf(config, container.get('tasks', config.task))
  if (config.scaling !== undefined) scalingNamed(config.scaling)
  if (config.root !== 'none')
    parseAgentConfig(config.root, container.get('agents', config.root).config, config.rootConfig)
  const { baselines } = config
  const kept = baselines && ['policy', ...baselines]
  if (config.keep !== undefined && kept?.includes(config.keep) === false)
    throw unknownName('keep', config.keep, kept)
  container.get('rootActions', config.rootActions)
  for (const name of baselines ?? []) container.get('schedules', name)
  if (parts.head === undefined) container.get('heads', config.head)
  container.get('optimizers', config.optimizer)
  if (parts.stateSpace === undefined) container.get('states', config.states)
  checkCredit(config.credit, parts.reward ?? container.get('rewards', config.reward))
  if (parts.actionSpace === undefined) container.get('actions', config.actions)
  if (config.credit === 'difference' && (config.view === 'sequential' || config.control === 'joint')) {
    throw inputError(
      'credit.view',
      'the difference that one action made can be paid where each group has its own: with --view parallel, and --control independent or shared',
    )
  }
  if (config.view === 'sequential' && config.control !== 'shared') {
    throw inputError(
      'control.sequential',
      'the sequential view is one environment for all groups: it needs one agent (--control shared), or use --view parallel',
    )
  }
}

/** What `budgetSteps` steps of full fine-tuning cost. */
function budgetFlops({ network }: Trainee, budgetSteps: number, batchSize: number): number {
  return budgetSteps * batchSize * network.stepFlops(network.groups.map(() => true))
}

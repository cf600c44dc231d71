import { BASELINES } from '../../agents/schedules/baselines.ts'
import { populationSearches } from '../../agents/search/population-searches.ts'
import {
  type ActionSet,
  fiveActions,
  logRate,
  rateLevels,
  singleBlockLevels,
} from '../../envs/finetune/actions.ts'
import { defaultStateSpace } from '../../envs/finetune/features.ts'
import { accuracyHeadroom, logLoss, scoreGain, terminalAdvantage } from '../../envs/finetune/reward.ts'
import { frontier, singleBlock } from '../../envs/hierarchy/root.ts'
import { createOptimizer } from '../../models/optimizer.ts'
import { classification } from '../../models/tasks/classification.ts'
import { objectDetection } from '../../models/tasks/detection/detection.ts'
import { sceneSegmentation } from '../../models/tasks/segmentation/segmentation.ts'
import type { TaskDefinition } from '../../models/tasks/task.ts'
import { temporalSegmentation } from '../../models/tasks/temporal/temporal.ts'
import { builtinAgents } from './builtin-agents.ts'
import { definePlugin, type Plugin } from './plugin.ts'

/** What ships, registered the way third parties register theirs. */
export const builtinPlugins: readonly Plugin[] = [
  builtinAgents,
  definePlugin({
    name: 'layergym',
    actions: {
      discrete5: fiveActions as ActionSet<unknown>,
      levels: rateLevels as ActionSet<unknown>,
      'log-rate': logRate as ActionSet<unknown>,
      'single-block': singleBlockLevels as ActionSet<unknown>,
    },
    rewards: {
      'score-gain': scoreGain,
      'log-loss': logLoss,
      'accuracy-headroom': accuracyHeadroom,
      'terminal-advantage': terminalAdvantage,
    },
    states: {
      default: {
        description:
          'statistics of a group and its gradients, then budget, loss, trend, gap and score (default)',
        ...defaultStateSpace,
      },
    },
    rootActions: { frontier, 'single-block': singleBlock },
    schedules: BASELINES,
    searches: populationSearches,
    heads: {
      linear: { description: 'one linear layer on the features of all frames (default)', head: 'linear' },
      mean: { description: 'one linear layer on the mean of the frames', head: 'mean' },
      'two-layer': {
        description: 'a layer of 48 ReLUs on every frame, then a linear one',
        head: 'two-layer',
      },
      gru: { description: 'a gated recurrent unit over the frames, then a linear layer', head: 'gru' },
      lstm: { description: 'a long short-term memory over the frames, then a linear layer', head: 'lstm' },
      bidirectional: {
        description: 'a gated recurrent unit over the frames each way, then a linear layer',
        head: 'bidirectional',
      },
      dilated: {
        description:
          'dilated convolutions over the frames, for tasks that answer for each (one stage of MS-TCN)',
        head: 'dilated',
      },
      'conv-lstm': {
        description: "a convolutional LSTM over the frames' maps, then a linear layer (image networks)",
        head: 'conv-lstm',
      },
    },
    optimizers: {
      adamw: {
        description: 'Adam with decoupled weight decay (Loshchilov & Hutter 2019; default)',
        create: () => createOptimizer({ kind: 'adamw' }),
      },
      adam: { description: 'Adam (Kingma & Ba 2015)', create: () => createOptimizer({ kind: 'adam' }) },
      sgd: { description: 'stochastic gradient descent', create: () => createOptimizer({ kind: 'sgd' }) },
    },
    tasks: {
      'action-recognition': classification(
        'action-recognition',
        'one label a clip: what is done in it (a clip head on an image network, or a video model)',
      ),
      'scene-classification': classification(
        'scene-classification',
        'one label a clip: where it is, or what kind of scene; pictures will do',
      ),
      'object-detection': objectDetection as TaskDefinition,
      'scene-segmentation': sceneSegmentation as TaskDefinition,
      'temporal-segmentation': temporalSegmentation as TaskDefinition,
    },
  }),
]

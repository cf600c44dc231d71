import {
  type ActionSet,
  fiveActions,
  logRate,
  rateLevels,
  singleBlockLevels,
} from '../../envs/finetune/actions.ts'
import { accuracyHeadroom, logLoss, scoreGain, terminalAdvantage } from '../../envs/finetune/reward.ts'
import { classification } from '../../models/tasks/classification.ts'
import { builtinAgents } from './builtin-agents.ts'
import { definePlugin, type Plugin } from './plugin.ts'

/** What ships, registered the way third parties register theirs. */
export const builtinPlugins: readonly Plugin[] = [
  builtinAgents,
  definePlugin({
    name: 'layergym actions, rewards and tasks',
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
    tasks: {
      'action-recognition': classification(
        'action-recognition',
        'one label a clip: what is done in it (a clip head on an image network, or a video model)',
      ),
      'scene-classification': classification(
        'scene-classification',
        'one label a clip: where it is, or what kind of scene; pictures will do',
      ),
    },
  }),
]

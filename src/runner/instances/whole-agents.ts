import type { GroupAgent } from '../play/roles.ts'
import { settingsOf } from '../plugins/container.ts'
import type { FineTuneConfig } from './config.ts'

type AgentConfigs = Pick<FineTuneConfig, 'agentConfig' | 'rootConfig'>

/** All settings of those who act, defaults and presets included: what makes the same agents again. */
export function wholeAgents(config: FineTuneConfig, agents: ReadonlyMap<string, GroupAgent>): AgentConfigs {
  return configsOf(config, agents, 'settings')
}

/** Those of their settings that are others than they have by themselves. */
export function tunedAgents(config: FineTuneConfig, agents: ReadonlyMap<string, GroupAgent>): AgentConfigs {
  return configsOf(config, agents, 'tuned')
}

function configsOf(
  { agentConfig, root, rootConfig }: FineTuneConfig,
  agents: ReadonlyMap<string, GroupAgent>,
  which: 'settings' | 'tuned',
): AgentConfigs {
  const own = [...agents].find(([name]) => name !== 'root')
  const above = root === 'none' ? undefined : agents.get('root')
  return {
    agentConfig: own === undefined ? agentConfig : { ...settingsOf(own[1])[which] },
    rootConfig: above === undefined ? rootConfig : { ...settingsOf(above)[which] },
  }
}

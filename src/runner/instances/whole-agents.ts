import type { GroupAgent } from '../play/roles.ts'
import { settingsOf } from '../plugins/container.ts'
import type { FineTuneConfig } from './config.ts'

/** Who acts, with all of their settings, defaults and presets included: what makes the same agents again. */
export function wholeAgents(
  { agent, agentConfig, root, rootConfig }: FineTuneConfig,
  agents: ReadonlyMap<string, GroupAgent>,
): Pick<FineTuneConfig, 'agent' | 'agentConfig' | 'root' | 'rootConfig'> {
  const own = [...agents].find(([name]) => name !== 'root')
  const above = root === 'none' ? undefined : agents.get('root')
  return {
    agent,
    agentConfig: own === undefined ? agentConfig : { ...settingsOf(own[1]) },
    root,
    rootConfig: above === undefined ? rootConfig : { ...settingsOf(above) },
  }
}

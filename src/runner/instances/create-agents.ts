import { Rng } from '../../common/random.ts'
import { FlatEnv } from '../../envs/hierarchy/flat.ts'
import { Root } from '../../envs/hierarchy/root.ts'
import { observationSpace } from '../../envs/hierarchy/views.ts'
import type { World } from '../../envs/world.ts'
import type { GroupAgent } from '../play/roles.ts'
import type { Container } from '../plugins/container.ts'
import type { FineTuneConfig } from './config.ts'
import type { Parts } from './instance.ts'

/** Independent control: an agent for each group, by its name. Shared and joint control: one, named so. */
export function createAgents(config: FineTuneConfig, parts: Parts, container: Container, world: World) {
  const names = config.control === 'independent' ? world.names : [config.control]
  const { initialLogits, space } = world.actions
  const { group, global } = world.features
  const joint = config.control === 'joint' ? new FlatEnv(world) : undefined
  const agents = new Map<string, GroupAgent>(
    names.map(name => [
      name,
      container.createAgent(config.agent, {
        observationSpace: joint?.observationSpace ?? observationSpace(world),
        actionSpace: joint?.actionSpace ?? space,
        features: joint?.features ?? [...group, ...global],
        config: config.agentConfig,
        gamma: config.gamma,
        initialLogits: joint ? joint.initialLogits : initialLogits,
        rng: Rng.of(config.seed, 'agent', name),
        networks: { policy: parts.policyNetwork, value: parts.valueNetwork },
      }),
    ]),
  )
  if (config.root !== 'none') {
    const root = new Root(world, container.get('rootActions', config.rootActions))
    const { observationSpace, actionSpace, initialLogits } = root
    agents.set(
      'root',
      container.createAgent(config.root, {
        observationSpace,
        actionSpace,
        config: config.rootConfig,
        gamma: config.gamma,
        initialLogits,
        rng: Rng.of(config.seed, 'agent', 'root'),
      }),
    )
  }
  return agents
}

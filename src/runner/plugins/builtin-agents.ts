import { dqn } from '../../agents/dqn/definition.ts'
import { ppo } from '../../agents/ppo/definition.ts'
import { random } from '../../agents/random/agent.ts'
import { recurrentPpo } from '../../agents/recurrent-ppo/definition.ts'
import { reinforce } from '../../agents/reinforce/definition.ts'
import { sac } from '../../agents/sac/definition.ts'
import { cem, gridSearch, randomSearch, tpeSearch } from '../../agents/search/definition.ts'
import { definePlugin } from './plugin.ts'

/** The agents that ship, registered the way third parties register theirs. */
export const builtinAgents = definePlugin({
  name: 'layergym',
  agents: {
    dqn,
    ppo,
    'recurrent-ppo': recurrentPpo,
    reinforce,
    sac,
    random,
    'random-search': randomSearch,
    'grid-search': gridSearch,
    tpe: tpeSearch,
    cem,
  },
})

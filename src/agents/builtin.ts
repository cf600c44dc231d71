import { dqn } from './dqn/definition.ts'
import { definePlugin } from './plugin.ts'
import { ppo } from './ppo/definition.ts'
import { random } from './random/agent.ts'
import { reinforce } from './reinforce/definition.ts'
import { cem, gridSearch, randomSearch, tpeSearch } from './search/definition.ts'

/** The agents that ship, registered the way third parties register theirs. */
export const builtinAgents = definePlugin({
  name: 'layergym',
  agents: {
    dqn,
    ppo,
    reinforce,
    random,
    'random-search': randomSearch,
    'grid-search': gridSearch,
    tpe: tpeSearch,
    cem,
  },
})

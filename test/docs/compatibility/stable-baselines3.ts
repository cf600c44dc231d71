import { expect } from 'vitest'
import { DQN_PRESETS } from '../../../src/agents/dqn/config.ts'
import { dqn } from '../../../src/agents/dqn/definition.ts'
import { PPO_PRESETS } from '../../../src/agents/ppo/config.ts'
import { ppo } from '../../../src/agents/ppo/definition.ts'
import { SAC_PRESETS } from '../../../src/agents/sac/config.ts'
import { sac } from '../../../src/agents/sac/definition.ts'
import type { Space } from '../../../src/envs/env.ts'
import { Box, Dict, Discrete, MultiBinary, MultiDiscrete } from '../../../src/envs/spaces.ts'
import type { Row } from './row.ts'

const seen = new Box(-1, 1, [4])

/** Whether an agent acts there. */
function takes(
  agent: typeof ppo | typeof dqn | typeof sac,
  actionSpace: Space<unknown>,
  observationSpace: Space<unknown> = seen,
) {
  return agent.refuses?.({ observationSpace, actionSpace }) === undefined
}

/** Of Stable-Baselines3 2.9. */
export const sb3Rows: readonly Row[] = [
  {
    convention: 'PPO with its defaults',
    has: 'yes',
    why: 'preset `stable-baselines3`; a value loss with ½ makes its `vf_coef` 0.5 our 1; policy and value share no layer',
    heldBy: () =>
      expect(PPO_PRESETS['stable-baselines3']).toMatchObject({
        ...{ numSteps: 2048, minibatches: 32, epochs: 10, learningRate: 3e-4, clip: 0.2, lambda: 0.95 },
        ...{
          entropyCoefficient: 0,
          valueCoefficient: 1,
          maxGradNorm: 0.5,
          hidden: [64, 64],
          activation: 'tanh',
        },
      }),
  },
  {
    convention: 'DQN with its defaults',
    has: 'yes',
    why: 'preset `stable-baselines3`',
    heldBy: () =>
      expect(DQN_PRESETS['stable-baselines3']).toMatchObject({
        ...{
          learningRate: 1e-4,
          bufferSize: 1_000_000,
          learningStarts: 100,
          batchSize: 32,
          trainFrequency: 4,
        },
        ...{ targetFrequency: 10_000, explorationFraction: 0.1, explorationEnd: 0.05, maxGradNorm: 10 },
      }),
  },
  {
    convention: 'SAC with its defaults',
    has: 'yes',
    why: 'preset `stable-baselines3`; a discrete form beside it',
    heldBy: () =>
      expect(SAC_PRESETS['stable-baselines3']).toMatchObject({
        ...{ learningRate: 3e-4, bufferSize: 1_000_000, learningStarts: 100, batchSize: 256, tau: 0.005 },
        hidden: [256, 256],
      }),
  },
  {
    convention: 'A2C, TD3, DDPG, HER',
    has: 'no',
    why: 'an actor-critic of one’s own is an example (examples/agent-plugin); SAC takes the place of TD3 and DDPG',
    heldBy: [
      'test/docs/agent-plugin.test.ts',
      'its own tests pass: the contracts, and that its agent learns',
    ],
  },
  {
    convention: 'actions of PPO: Discrete, MultiDiscrete, Box, MultiBinary',
    has: 'otherwise',
    why: 'all but MultiBinary, which MultiDiscrete of twos takes the place of; Boxes of float32',
    heldBy() {
      expect([new Discrete(2), new MultiDiscrete([2, 3]), seen].map(space => takes(ppo, space))).toEqual([
        true,
        true,
        true,
      ])
      expect(takes(ppo, new MultiBinary(2))).toBe(false)
      expect(takes(ppo, new Box(0, 3, [2], 'int8'))).toBe(false)
      expect(takes(dqn, new MultiDiscrete([2, 3]))).toBe(false)
      expect(takes(sac, new Discrete(3))).toBe(true)
    },
  },
  {
    convention: 'MaskablePPO (sb3-contrib)',
    has: 'yes',
    why: 'every agent that ships obeys masks; in Python `action_masks()`',
    heldBy: ['test/agents/ppo.test.ts', 'every choice of a multi-discrete action obeys its part of the mask'],
  },
  {
    convention: 'RecurrentPPO (sb3-contrib)',
    has: 'otherwise',
    why: '`recurrent-ppo` with a GRU instead of an LSTM',
    heldBy: ['test/agents/gru.test.ts', 'is torch.nn.GRU, step by step'],
  },
  {
    convention: 'MultiInputPolicy for Dict observations',
    has: 'otherwise',
    why: 'every agent takes them, flat',
    heldBy: () => expect(takes(ppo, new Discrete(2), new Dict({ a: seen, b: new Discrete(3) }))).toBe(true),
  },
  {
    convention: 'CnnPolicy',
    has: 'otherwise',
    why: 'by itself where observations are pictures [H, W, C] (`network: auto`), of one small convolution (MinAtar’s), in PPO and DQN',
    heldBy: ['test/agents/conv-net.test.ts', 'auto is a convolution where observations are pictures'],
  },
  {
    convention: '`policy_kwargs` net_arch and activation_fn',
    has: 'yes',
    why: '`hidden`, `activation`; networks of one’s own by `networks`',
    heldBy: () => expect(ppo.config.safeParse({ hidden: [8], activation: 'relu' }).success).toBe(true),
  },
  {
    convention: 'a truncated episode bootstraps from its final observation',
    has: 'yes',
    why: 'in every agent',
    heldBy: [
      'test/agents/ppo.test.ts',
      'it bootstraps from the final observation where the episode was cut, and only there',
    ],
  },
  {
    convention: 'VecNormalize',
    has: 'yes',
    why: '`--normalize observations,rewards`, clipped at 10; the moments are kept with the policy',
    heldBy: ['test/runner/jobs/train/train.test.ts', 'ppo on Pendulum, normalised'],
  },
  {
    convention: 'schedules of learning rate and clip range',
    has: 'yes',
    why: '`annealLearningRate`, or `--schedule` of any setting that may change',
    heldBy: ['test/runner/code/listeners.test.ts', 'falls as its schedule says'],
  },
  {
    convention: 'gSDE',
    has: 'no',
    why: '`noiseCorrelation` of `sac` takes its place',
    heldBy() {
      expect(sac.config.safeParse({ useSde: true }).success).toBe(false)
      expect(sac.config.safeParse({ noiseCorrelation: 0.5 }).success).toBe(true)
    },
  },
]

/**
 * `layergym/agents`: what the built-in agents are written with, for agents of one's own. A folder of `src/agents` can be
 * copied into a package and changed: everything that it imports is here, or in `layergym`.
 */

export { Adam, type AdamOptions, clipNorm, type Part, stepTogether } from './agents/adam.ts'
export { withAdjusted } from './agents/adjust.ts'
export type {
  ActContext,
  Agent,
  AgentContext,
  AgentDefinition,
  AgentState,
  Decision,
  LearnReport,
  Memory,
  NetworkFactory,
  Recipe,
  Trajectory,
  Transition,
} from './agents/agent.ts'
export { defineAgent } from './agents/agent.ts'
export { type Approximator, shifted } from './agents/approximator.ts'
export type { ArrayAgent, ArrayRollout, ChosenRows, Steps, Stretch } from './agents/arrays.ts'
export { buildNetwork } from './agents/build-network.ts'
export { CategoricalDistribution } from './agents/distributions/categorical.ts'
export {
  type ActedRows,
  type Chosen,
  type Distribution,
  decisionsOf,
  type Evaluated,
  type PolicyRows,
} from './agents/distributions/distribution.ts'
export { distributionOf, isContinuous, refusesActions } from './agents/distributions/for-space.ts'
export { GaussianDistribution, logNormalCdf } from './agents/distributions/gaussian.ts'
export {
  entropy,
  greedyAction,
  logSoftmax,
  sampleAction,
} from './agents/distributions/softmax.ts'
export { bestAction, QValues, temporalDifferenceLoss } from './agents/dqn/losses.ts'
export { EngineMlp } from './agents/engine-mlp.ts'
export { explainedVariance } from './agents/explained-variance.ts'
export { flattenInto, flattenRows, gatherRows } from './agents/flatten.ts'
export { advantagesOf, generalizedAdvantages } from './agents/gae.ts'
export { Gru, type GruOptions, type Sequences } from './agents/gru.ts'
export { type Allotted, allotted, type OptimizerRoom } from './agents/kernels/memory.ts'
export { layersApproximator } from './agents/layers-approximator.ts'
export { restoreRng } from './agents/learning-rng.ts'
export { backwardBoth, forwardBoth, LIKE_TORCH, Mlp, type MlpOptions, simd } from './agents/mlp.ts'
export { NETWORK_SAYS, type NetworkKind, networkKinds, networksOf } from './agents/network.ts'
export {
  type Next,
  type NStep,
  NStepQueue,
  nStep,
  type ReplayedAction,
  type Step,
} from './agents/replay/n-step.ts'
export { type Batch, Replay, type ReplayOptions } from './agents/replay/replay.ts'
export { type ReplaySettings, replayFields } from './agents/replay/settings.ts'
export { Streams, type StreamsOptions } from './agents/replay/streams.ts'
export { SumTree } from './agents/replay/sum-tree.ts'
export { discountedReturns, normalize, type Rewarded } from './agents/returns.ts'
export { appetiteOf, count, givenOf, hiddenUnits, rate, share } from './agents/settings.ts'
export { pack, packedLength, readCount, readPart, restoreAgent, unpackInto } from './agents/state.ts'
export { descentOf, maskLogits, perceptronOnTape, type TapePerceptron } from './agents/tape.ts'
export { isCut, layOut, stepsOf, transitionsOf } from './agents/transitions.ts'
export { failure, inputError, LayergymError } from './common/error.ts'
export { Rng } from './common/random.ts'
export type { Mask, Space } from './envs/env.ts'
export { type Moments, RunningMoments } from './envs/wrappers/running-moments.ts'

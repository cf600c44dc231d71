/** The public API. Everything else is an implementation detail and may change. */

import { registerOwnEnvs } from './runner/instances/own-envs.ts'

registerOwnEnvs()

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
  Trajectory,
  Transition,
} from './agents/agent.ts'
export { defineAgent } from './agents/agent.ts'
export type { Approximator } from './agents/approximator.ts'
export type { ArrayAgent, ArrayRollout, ChosenRows, Steps, Stretch } from './agents/arrays.ts'
export { type AgentCheckOptions, assertAgent, checkAgent } from './agents/check.ts'
export { dqn } from './agents/dqn/definition.ts'
export { layersApproximator } from './agents/layers-approximator.ts'
export { Mlp } from './agents/mlp.ts'
export { ppo } from './agents/ppo/definition.ts'
export { recurrentPpo } from './agents/recurrent-ppo/definition.ts'
export { reinforce } from './agents/reinforce/definition.ts'
export { sac } from './agents/sac/definition.ts'
export type { Frame } from './common/canvas.ts'
export { LayergymError } from './common/error.ts'
export { Rng } from './common/random.ts'
export {
  type Annotation,
  type Box as BoundingBox,
  type ClassMask,
  type FrameBoxes,
  type FrameTruth,
  IGNORED,
  type Legend,
  type Segment,
} from './data/annotation.ts'
export type { Clip, Dataset, Item, Splits } from './data/dataset.ts'
export { loadDataset } from './data/load.ts'
export { splitDataset } from './data/split.ts'
export { annotatedStratum } from './data/strata.ts'
export { describeDataset } from './data/summary/words.ts'
export type { BatchActions, BatchEnv } from './envs/batch/batch-env.ts'
export { makeVectorEnv, type VectorOptions } from './envs/batch/make-vector.ts'
export { type CheckBatchOptions, checkBatchEnv } from './envs/check/check-batch.ts'
export { assertEnv, checkEnv } from './envs/check.ts'
export { type BatchShape, defineEnv, type EnvDefinition } from './envs/definition.ts'
export type {
  Env,
  EnvSpec,
  Info,
  Mask,
  MaybePromise,
  ResetResult,
  Snapshot,
  Space,
  StepResult,
} from './envs/env.ts'
export {
  type ActionSet,
  fiveActions,
  type GroupSetting,
  logRate,
  type RateLimits,
  rateLevels,
  rateLimits,
  singleBlockLevels,
} from './envs/finetune/actions.ts'
export {
  defaultStateSpace,
  type Feature,
  type GlobalStatistics,
  type GroupStatistics,
  logScaled,
  type StateSpace,
} from './envs/finetune/features.ts'
export {
  type Evaluation,
  logLoss,
  type RewardDefinition,
  type RewardRound,
  scoreGain,
  terminalAdvantage,
} from './envs/finetune/reward.ts'
export { FineTuning } from './envs/finetune/world.ts'
export type { FineTuningOptions } from './envs/finetune/world-state.ts'
export { FlatEnv } from './envs/hierarchy/flat.ts'
export {
  frontier,
  Root,
  type RootActions,
  RootEnv,
  type RootOptions,
  singleBlock,
} from './envs/hierarchy/root.ts'
export { SequentialEnv } from './envs/hierarchy/sequential.ts'
export { GroupEnv, groupEnv, parallelView } from './envs/hierarchy/views.ts'
export { makeBatchEnv, makeEnv, makeEnvAsync, registerEnv, registeredEnvs } from './envs/registry.ts'
export type { Dtype, GraphSizes, GraphValue, NumbersOf, ValueOf } from './envs/spaces.ts'
export {
  Box,
  Dict,
  Discrete,
  Graph,
  MultiBinary,
  MultiDiscrete,
  OneOf,
  Sequence,
  Text,
  Tuple,
} from './envs/spaces.ts'
export { type AutoresetMode, VectorEnv, type VectorReset, type VectorStep } from './envs/vector.ts'
export type { Best, RoundResult, World, WorldActions, WorldEvaluation, WorldFeatures } from './envs/world.ts'
export { ClipAction } from './envs/wrappers/clip-action.ts'
export { FlattenObservation } from './envs/wrappers/flatten-observation.ts'
export { FrameStackObservation } from './envs/wrappers/frame-stack-observation.ts'
export { NormalizeObservation } from './envs/wrappers/normalize-observation.ts'
export { NormalizeReward } from './envs/wrappers/normalize-reward.ts'
export { PassiveChecker } from './envs/wrappers/passive-checker.ts'
export { GrayscaleObservation, ResizeObservation } from './envs/wrappers/picture-observations.ts'
export { type EpisodeStatistics, RecordEpisodeStatistics } from './envs/wrappers/record-episode-statistics.ts'
export { RecordVideo, type RecordVideoOptions } from './envs/wrappers/record-video.ts'
export { RescaleAction } from './envs/wrappers/rescale-action.ts'
export { TimeAwareObservation } from './envs/wrappers/time-aware-observation.ts'
export { TimeLimit } from './envs/wrappers/time-limit.ts'
export { TransformObservation } from './envs/wrappers/transform-observation.ts'
export { TransformReward } from './envs/wrappers/transform-reward.ts'
export { SameSpaces, unwrapped, Wrapper, whenDone } from './envs/wrappers/wrapper.ts'
export { type Engine, startEngine } from './models/engine.ts'
export type { EngineRule } from './models/engine-rules.ts'
export { type Compiled, type CompileOptions, compileFunction } from './models/function/compile.ts'
export type { HeadBuilder } from './models/head.ts'
export type { HeadKind } from './models/head-kinds.ts'
export { type LoadedModel, loadModel } from './models/load.ts'
export { Network } from './models/network.ts'
export { createOptimizer, type Optimizer } from './models/optimizer.ts'
export { saveModel } from './models/save.ts'
export { classification } from './models/tasks/classification.ts'
export type {
  LinearProblem,
  LinearSolution,
  Outcomes,
  Outputs,
  PartDescription,
  PerItem,
  Score,
  Task,
  TaskData,
  TaskDefinition,
  TaskHead,
} from './models/tasks/task.ts'
export { tf } from './models/tf.ts'
export { Trainee } from './models/trainee.ts'
export {
  type BenchmarkOptions,
  benchmark,
  type FineTuneOptions,
  fineTune,
  type LearnPolicyOptions,
  learnPolicy,
  type ReportOptions,
  report,
  resumeRun,
  type StudyOptions,
  study,
  type TabulateOptions,
  tabulate,
} from './runner/code/jobs.ts'
export {
  evaluate,
  loadPolicy,
  type Policy,
  type PolicyEvaluationOptions,
  type PolicyParts,
} from './runner/code/policy.ts'
export {
  type CodeParts,
  type EnvFactory,
  resumeTraining,
  type TrainOptions,
  train,
} from './runner/code/train.ts'
export {
  type EvaluationResult,
  evaluateModel,
  type Prediction,
  predictClips,
} from './runner/instances/apply.ts'
export type { Joined, JoinedSummary } from './runner/jobs/benchmark/joined/join.ts'
export type { MatrixSummary } from './runner/jobs/benchmark/matrix/summary.ts'
export type { BenchmarkSummary } from './runner/jobs/benchmark/summary.ts'
export {
  type FineTunerResult,
  HierarchicalFineTuner,
  type HierarchicalFineTunerOptions,
  RLHF,
} from './runner/jobs/fine-tune/fine-tuner.ts'
export type { FineTuneResult } from './runner/jobs/fine-tune/job.ts'
export type { FineTuneSummary } from './runner/jobs/fine-tune/summary.ts'
export type { LearnPolicySummary } from './runner/jobs/learn-policy/summary.ts'
export type { StudyResult, StudySummary } from './runner/jobs/study/summary.ts'
export type { TabulateSummary } from './runner/jobs/tabulate/summary.ts'
export type { BestState, StoppingRule } from './runner/jobs/train/best.ts'
export type { TrainEvent, TrainListener, TrainRun } from './runner/jobs/train/heard-run.ts'
export { evaluateEvery, eventsOf, schedule, stopWhen } from './runner/jobs/train/listeners.ts'
export type { TrainSummary } from './runner/jobs/train/summary.ts'
export type { FinishedEpisode, Rollout } from './runner/play/collecting.ts'
export { type EpisodeOutcome, episodes$ } from './runner/play/episodes.ts'
export type { PolicyEvaluation } from './runner/play/evaluate.ts'
export type { CurvePoint, EvaluationPoint } from './runner/play/points.ts'
export { definePlugin, type Plugin } from './runner/plugins/plugin.ts'
export type { OnEvent, RunEvent } from './runner/runs/events.ts'
export type { RunHooks } from './runner/runs/hooks.ts'

import { resolve } from 'node:path'
import { z } from 'zod'
import { integer, names, number, real } from '../../common/settings.ts'
import { CREDITS } from '../../envs/finetune/credits.ts'
import { shapeNames } from '../../envs/finetune/shape.ts'
import { ENGINES } from '../../models/engine-names.ts'
import { EXECUTORS } from '../../models/executor-names.ts'
import { BALANCES, type Task, type TaskDefinition } from '../../models/tasks/task.ts'
import { withWholePaths } from '../plugins/plugin.ts'
import { logShape } from '../runs/figure-log.ts'
import { workShape } from '../runs/work-shape.ts'

const side = integer(8, 2048)
/** `320`, `240x320` or a YAML list. */
const sizes = z.preprocess(
  given => (typeof given === 'string' && given.includes('x') ? given.split('x') : given),
  z.union([side, z.tuple([side, side])], 'give whole pixels, 8 to 2048: a side, or HEIGHTxWIDTH'),
)

/** Everything that decides a fine-tuning run; flags and YAML keys are these in kebab-case. */
export const fineTuneSchema = z.strictObject({
  model: z.string().describe('pretrained tfjs layers model: its folder or model.json'),
  data: z
    .string()
    .describe(
      'clips, or sequences of numbers (.csv, .npy): a folder of class folders, a folder with labels.csv, or a CSV manifest',
    ),
  task: z.string().default('action-recognition').describe('what to learn (layergym list tasks)'),
  agent: z.string().default('reinforce').describe('who chooses (layergym list agents)'),
  agentConfig: z.record(z.string(), z.unknown()).default({}).describe('settings of the agent'),
  control: z
    .enum(['independent', 'shared', 'joint'])
    .default('independent')
    .describe('an agent a group, one for all, or one that chooses for all at once'),
  view: z
    .enum(['parallel', 'sequential'])
    .default('parallel')
    .describe('groups act at once, or one after the other'),
  root: z
    .string()
    .default('none')
    .describe(
      'who decides every few rounds which groups may move, or that the run ends: an agent, which learns when the others do, or none',
    ),
  rootConfig: z.record(z.string(), z.unknown()).default({}).describe("settings of the root's agent"),
  rootActions: z
    .string()
    .default('frontier')
    .describe(
      'what it chooses: how deep groups may move, or the one block that may beside the head (layergym list rootActions)',
    ),
  rootEvery: integer(1, 1000).default(2).describe('rounds between two of its choices'),
  groups: integer(2, 64)
    .optional()
    .describe('layer groups, the head included (default: 4, or as many as can be cut)'),
  actions: z.string().default('discrete5').describe('what agents may do to a group (layergym list actions)'),
  states: z
    .string()
    .default('default')
    .describe('what agents see of each group and of the run (layergym list states)'),
  reward: z.string().default('score-gain').describe('what agents are paid for (layergym list rewards)'),
  credit: z
    .enum(CREDITS)
    .default('team')
    .describe("what a group is paid: the round's reward, or the difference that its own action made to it"),
  costWeight: real(0).default(0).describe('λ: FLOPs share of the budget, subtracted from the reward'),
  episodes: integer(0).default(20).describe('fine-tuning runs to learn from'),
  budgetSteps: integer(1)
    .default(120)
    .describe('steps of full fine-tuning that an episode may cost; cheaper steps may be four times as many'),
  roundSteps: integer(1)
    .optional()
    .describe('training steps between decisions (default: an eighth of the budget, at least 6)'),
  batchSize: integer(1)
    .optional()
    .describe('clips a training step (default: 16, or all clips of a smaller train split)'),
  frames: integer(1, 512)
    .optional()
    .describe(
      "frames sampled from a clip, or rows from a sequence (default: the task's; 8 of most; 32 rows)",
    ),
  size: sizes
    .optional()
    .describe("pixels a side, or HEIGHTxWIDTH (default: the model's own, at most the task's; 96 of most)"),
  sampling: z
    .enum(['uniform', 'random-segment'])
    .default('uniform')
    .describe(
      'frames of training clips: the same every time, or one from each segment at random (nothing is cached then)',
    ),
  augment: names(z.string())
    .default([])
    .describe(
      'what is done to training clips at random, comma-separated, as in flip,colour:0.2; preset: what suits the task; or none',
    ),
  fit: z
    .enum(['crop', 'letterbox', 'stretch'])
    .optional()
    .describe("how a frame of another shape fills that (default: the task's; crop of most)"),
  scaling: z
    .string()
    .optional()
    .describe('what the model expects of pixels: 0..1, -1..1, imagenet, 0..255 (default: found out)'),
  head: z
    .string()
    .default('linear')
    .describe(
      "how frame features become the task's outputs: one layer on all frames or their mean, two, or a GRU",
    ),
  norm: z
    .enum(['frozen', 'batch'])
    .default('frozen')
    .describe('batch-normalisation statistics of trained groups'),
  optimizer: z
    .string()
    .default('adamw')
    .describe('one slot set a variable, a rate a group (layergym list optimizers)'),
  learningRate: real(1e-6, 1e-2)
    .optional()
    .describe(
      "base rate: the topmost pretrained group's; the fresh head's is ten times it (default: the task's; 0.0001 of most)",
    ),
  shape: z
    .enum(shapeNames)
    .default('warm-up-cosine')
    .describe(
      "how rates go over a run under the agents' choices: up over a tenth, then down to 0, or as chosen",
    ),
  start: z
    .enum(['best', 'probe', 'chance'])
    .default('best')
    .describe(
      'where agents start: at the best schedule that was tried before them, at the linear probe, or with a fresh head that guesses',
    ),
  balance: z
    .enum(BALANCES)
    .default('none')
    .describe(
      'classes that count alike in training: by weights of the loss, or by how often clips are drawn',
    ),
  patience: integer(0, 1000)
    .default(0)
    .describe('rounds without a better score after which a schedule stops early (0: never)'),
  keep: z
    .string()
    .optional()
    .describe("whose best model is saved: a baseline's name or policy (default: the best of all)"),
  gamma: real(0, 1).default(0.99).describe('discount a round'),
  seed: integer(0, 2 ** 31 - 1)
    .default(1)
    .describe('decides everything random'),
  baselines: names(z.string())
    .optional()
    .describe(
      'what RL is compared with, comma-separated, or none (layergym list schedules; default: linearProbe, fullFineTune, lpFt, fromScratch; headOnly for the first and third where a task has no linear probe)',
    ),
  baselineSeeds: integer(1, 100).default(3).describe('runs of each baseline and of the learned policy'),
  baselineRates: integer(1, 9)
    .default(5)
    .describe('learning rates that each baseline tries at most; the best two run with a second seed'),
  minutes: number(z.number().positive())
    .optional()
    .describe('what the run is to end within: fewer episodes, rates, baselines, steps, as far as it must be'),
  ...workShape,
  ...logShape,
  stageMemory: integer(0, 1e6)
    .default(0)
    .describe(
      'megabytes, in each process, in which rounds are kept for later episodes that begin alike; the FLOPs that episodes cost then depend on it',
    ),
  checkpointEvery: integer(1).default(1).describe('episodes between checkpoints'),
  policy: z.string().optional().describe('apply this learned policy (policy.json) without learning'),
  groupColumn: z.string().optional().describe('manifest column that keeps recordings together'),
  skipBroken: z.boolean().default(false).describe('leave out clips that cannot be decoded, and list them'),
  plugin: names(z.string()).default([]).describe('plugins to load: packages or files'),
  engine: z
    .enum(['auto', ...ENGINES])
    .default('auto')
    .describe('what computes'),
  threads: integer(1, 1024).optional().describe('threads of the engine (default: all)'),
  executor: z
    .enum(EXECUTORS)
    .default('auto')
    .describe(
      'who computes a training step: one function of the native engine (compiled), or operation after operation (eager); auto: compiled where it can be and pays',
    ),
  cache: z.string().optional().describe('folder for decoded clips'),
  out: z.string().optional().describe('run folder (default: runs/<date>)'),
  overwrite: z.boolean().default(false).describe('replace an existing run folder'),
})

export type FineTuneConfig = z.infer<typeof fineTuneSchema>

/** What a task has a say in where the user hasn't. */
type Usual = 'frames' | 'fit' | 'learningRate' | 'baselines'

/** With all that a task has a say in where the user hasn't. */
export type WholeConfig = FineTuneConfig & Required<Pick<FineTuneConfig, Usual>>

/** Baselines of a task whose linear probe can be solved for, and of another. */
const SOLVABLE = ['linearProbe', 'fullFineTune', 'lpFt', 'fromScratch']
const BY_GRADIENT = ['headOnly', 'fullFineTune', 'fromScratch']

/** How clips are brought to a network, and the rates of training, by the user or else by the task. */
export function withFormat<C extends FineTuneConfig>(
  config: C,
  { defaults }: Pick<TaskDefinition, 'defaults'>,
) {
  const { frames = defaults?.frames ?? 8, fit = defaults?.fit ?? 'crop' } = config
  const { learningRate = defaults?.learningRate ?? 1e-4 } = config
  return { ...config, frames, fit, learningRate }
}

/** What is compared, by the user or else by the task. */
export function withBaselines<C extends FineTuneConfig>(config: C, task: Pick<Task, 'head'>) {
  return { ...config, baselines: config.baselines ?? (isSolvable(task) ? SOLVABLE : BY_GRADIENT) }
}

/** What a task takes of all that it has a say in. */
export function usualSettings(definition: Pick<TaskDefinition, 'defaults'>, task: Pick<Task, 'head'>) {
  const { frames, fit, learningRate, baselines } = withBaselines(
    withFormat(fineTuneSchema.parse({ model: '', data: '' }), definition),
    task,
  )
  return { frames, fit, learningRate, baselines }
}

/** Whether a linear probe is solved for: of one vector a clip. */
export function isSolvable({ head: { reads = 'clip' } }: Pick<Task, 'head'>): boolean {
  return reads === 'clip'
}

/** What of a configuration a policy brings with it: who acts, on what, by which actions. */
export const POLICY_KEYS = [
  'agent',
  'agentConfig',
  'control',
  'view',
  'actions',
  'states',
  'gamma',
  'root',
  'rootConfig',
  'rootActions',
  'rootEvery',
  'start',
  'shape',
] as const

/** What is about agents and how they learn, not about the network and its clips. */
export const CONTROL_KEYS = [...POLICY_KEYS, 'reward', 'credit', 'costWeight', 'episodes'] as const
export type ControlKey = (typeof CONTROL_KEYS)[number]

/** What may give way to time. */
export type PlannedKey = 'minutes' | 'episodes' | 'baselines' | 'baselineRates' | 'budgetSteps'

/** Steps that a run may take where they cost less than full ones: four times the budget's. */
export function longestRun(config: FineTuneConfig): number {
  return 4 * config.budgetSteps
}

/** The default round: an eighth of the budget, but long enough that probing stays below a tenth of the cost. */
export function roundStepsOf(config: FineTuneConfig): number {
  return config.roundSteps ?? Math.min(config.budgetSteps, Math.max(6, Math.round(config.budgetSteps / 8)))
}

/** What stands in a configuration for a part that a program gave as an object. */
export const IN_CODE = '(given in code)'

/** Paths made absolute, so that a run can be resumed from any folder. */
export function withAbsolutePaths(config: FineTuneConfig): FineTuneConfig {
  const absolute = (path: string) => (path === IN_CODE ? path : resolve(path.replace(/^file:\/\//, '')))
  const optional = (path: string | undefined) => (path === undefined ? undefined : absolute(path))
  return {
    ...config,
    model: absolute(config.model),
    data: absolute(config.data),
    policy: optional(config.policy),
    cache: optional(config.cache),
    out: optional(config.out),
    plugin: withWholePaths(config.plugin),
  }
}

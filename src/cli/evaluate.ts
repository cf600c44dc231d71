import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { inputError } from '../common/error.ts'
import { integer, names, parseConfig } from '../common/settings.ts'
import { ENGINES } from '../models/engine-names.ts'
import type { EvaluationResult } from '../runner/instances/apply.ts'
import { percent, shownFigures } from '../runner/report/words.ts'
import { type Io, printResult } from './command.ts'
import { addSchemaOptions, readSettings } from './options.ts'
import { runProgress } from './progress.ts'

const evaluateSchema = z.strictObject({
  model: z.string().optional().describe('fine-tuned model: the model folder of a run'),
  data: z.string().optional().describe('clips, as for fine-tune'),
  split: z
    .enum(['train', 'probe', 'reward', 'test', 'all'])
    .default('test')
    .describe('which clips; test: those that the model has not seen'),
  groupColumn: z.string().optional().describe('manifest column that keeps recordings together'),
  skipBroken: z.boolean().default(false).describe('leave out clips that cannot be decoded'),
  plugin: names(z.string()).default([]).describe("plugins to load: the one that has the model's task, say"),
  engine: z
    .enum(['auto', ...ENGINES])
    .default('auto')
    .describe('what computes'),
  cache: z.string().optional().describe('folder for decoded clips'),
  policy: z.string().optional().describe('trained policy instead of a model: the policy.json of a train run'),
  env: z.string().optional().describe('environment for the policy (default: the one it learned in)'),
  envOptions: z.record(z.string(), z.unknown()).optional().describe('options of that environment'),
  episodes: integer(1, 100_000).default(100).describe('greedy episodes of the policy'),
  videoEpisodes: integer(0, 1000).default(0).describe('of them, how many are recorded as mp4'),
  videos: z.string().optional().describe('folder for those videos (default: videos, beside the policy)'),
  seed: integer(0, 2 ** 31 - 1)
    .optional()
    .describe("decides the policy's episodes (default: the run's own seed)"),
})

/** `layergym evaluate`: how a fine-tuned model does on a split, or a trained policy in its environment. */
export function evaluateCommand(program: Command, io: Io): void {
  const command = program
    .command('evaluate')
    .description('score a fine-tuned model on a split of a dataset, or a trained policy in its environment')
  addSchemaOptions(command, evaluateSchema).action(async (options: Record<string, unknown>) => {
    const settings = parseConfig(evaluateSchema, await readSettings(options))
    const { model, data, policy } = settings
    if (policy !== undefined) {
      if (model !== undefined || data !== undefined) {
        throw inputError('evaluate.both', 'give either --policy, or --model and --data, not both')
      }
      await evaluateTrained(io, options, { ...settings, policy })
      return
    }
    if (model === undefined || data === undefined) {
      const missing = model === undefined ? 'model' : 'data'
      throw inputError('config.missing', `'${missing}' is missing: give --model and --data, or --policy`)
    }
    const { evaluateModel } = await import('../runner/instances/apply.ts')
    const progress = await runProgress(io)
    const hooks = { signal: io.signal, clock: io.now, onEvent: progress.onEvent }
    const result = await evaluateModel({ ...settings, model, data, ...hooks }).finally(progress.stop)
    printResult(io, options, result, scoreWords)
  })
}

function scoreWords(result: EvaluationResult): string {
  const { clips, leftOut, loss, perClass = [] } = result
  const figures = shownFigures(result.task).map(({ name, unit, of, format }) =>
    `${name} ${format(of(result))} ${unit}`.trim(),
  )
  const others = leftOut > 0 ? ` (${leftOut} others left out)` : ''
  return [
    `${clips} clips${others}: ${figures.join(', ')}, loss ${loss.toFixed(3)}`,
    ...perClass.map(
      c => `  ${c.label}: recall ${percent(c.recall)}, precision ${percent(c.precision)}, ${c.clips} clips`,
    ),
  ].join('\n')
}

async function evaluateTrained(
  io: Io,
  options: { readonly json?: boolean },
  settings: z.infer<typeof evaluateSchema> & { readonly policy: string },
): Promise<void> {
  const { loadTrainedPolicy } = await import('../runner/jobs/train/policy.ts')
  const { refuseUnrecordable } = await import('../envs/wrappers/record-video.ts')
  const { evaluatePolicy } = await import('../runner/play/evaluate.ts')
  const {
    policy,
    env,
    envOptions,
    episodes,
    videoEpisodes,
    videos = join(dirname(policy), 'videos'),
  } = settings
  const { config, envs, agent } = await loadTrainedPolicy(policy, { id: env, options: envOptions })
  const seed = settings.seed ?? config.seed
  const makeEnv = () => envs.evaluation()
  if (videoEpisodes > 0) await refuseUnrecordable(await envs.make())
  const record = { episodes: videoEpisodes, folder: videos }
  const evaluation = await evaluatePolicy({ agent, makeEnv, episodes, seed, signal: io.signal, record })
  const result = { env: envs.spec.id, agent: config.agent, seed, ...evaluation }
  printResult(io, options, result, ({ meanReturn, stdReturn, meanLength }) => {
    const figures = `return ${meanReturn.toFixed(2)} ± ${stdReturn.toFixed(2)}, length ${meanLength.toFixed(1)}`
    return [
      `${config.agent} on ${envs.spec.id}, ${episodes} greedy episodes: ${figures}`,
      ...(evaluation.videos ?? []),
    ].join('\n')
  })
}

import { existsSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { failure, inputError, type LayergymError } from '../common/error.ts'
import type { Prediction } from '../runner/instances/apply.ts'
import type { ApplyOptions, BrokenFile } from '../runner/instances/saved-model.ts'
import { type Io, printResult } from './command.ts'
import { runProgress } from './progress.ts'

interface PredictFlags {
  readonly model: string
  readonly draw?: string
  readonly overwrite?: boolean
  readonly cache?: string
  readonly plugin?: readonly string[]
  readonly json?: boolean
}

/** `layergym predict`: what a model says of one clip or of a folder's, in words, as JSON, or drawn. */
export function predictCommand(program: Command, io: Io): void {
  program
    .command('predict <clips...>')
    .description(
      'apply a fine-tuned model to clips: pictures, video files or sequences (.csv, .npy), or folders of them',
    )
    .requiredOption('--model <value>', 'fine-tuned model: the model folder of a run')
    .option('--draw <folder>', 'show it too: write a PNG of each picture, an mp4 of each video here')
    .option('--overwrite', 'replace what was drawn before')
    .option('--cache <value>', 'folder for decoded clips')
    .option('--plugin <names...>', "plugins to load: the one that has the model's task, say")
    .option('--json', 'print the result as JSON, alone, on stdout')
    .action(async (given: string[], flags: PredictFlags) => {
      const paths = [...new Set((await Promise.all(given.map(filesAt))).flat())]
      const progress = await runProgress(io)
      const hooks = { signal: io.signal, clock: io.now, onEvent: progress.onEvent }
      const broken: BrokenFile[] = []
      const leaving = paths.length > 1 && { onBroken: (file: BrokenFile) => void broken.push(file) }
      const options = { cache: flags.cache, plugin: flags.plugin, ...hooks, ...leaving }
      const predictions = await predictionsOf(flags, paths, options).finally(progress.stop)
      if (predictions.length > 0 || broken.length === 0)
        printResult(io, flags, predictions, list =>
          list
            .map(({ path, words, files }) => [`${path}: ${words}`, ...filesIn(files)].join('\n'))
            .join('\n'),
        )
      if (broken.length > 0) throw leftOut(broken, paths.length)
    })
}

async function predictionsOf(
  { model, draw, overwrite = false }: PredictFlags,
  paths: readonly string[],
  options: ApplyOptions,
): Promise<readonly Prediction[]> {
  if (draw === undefined) {
    if (overwrite)
      throw inputError('predict.overwrite', '--overwrite is for what --draw writes: give --draw FOLDER too')
    const { predictClips } = await import('../runner/instances/apply.ts')
    return predictClips(model, paths, options)
  }
  if (existsSync(draw) && !statSync(draw).isDirectory())
    throw inputError('predict.folder', `${resolve(draw)} is a file: give --draw a folder`)
  const { drawPredictions } = await import('../runner/jobs/predict/predict.ts')
  return drawPredictions(model, paths, { ...options, draw, overwrite })
}

/** Input where nothing could be read; a failure of the work where the rest is done. */
function leftOut(broken: readonly BrokenFile[], all: number): LayergymError {
  const lines = broken.map(({ reason }) => `\n  ${reason}`).join('')
  if (broken.length === all) return inputError('predict.broken', `none of ${all} files can be read:${lines}`)
  return failure(
    'predict.left-out',
    `${broken.length} of ${all} files were left out, which can't be read:${lines}`,
  )
}

function filesIn(files: unknown): readonly string[] {
  return Array.isArray(files) ? files.map(file => `  ${file}`) : []
}

async function filesAt(given: string): Promise<string[]> {
  const path = resolve(given)
  if (!existsSync(path)) throw inputError('predict.missing', `no clip or folder at ${path}`)
  if (!statSync(path).isDirectory()) return [path]
  const { isSequenceFile, isVideoFile } = await import('../data/media-types.ts')
  const all = (await readdir(path, { recursive: true })).sort()
  const videos = all.filter(isVideoFile)
  const files = videos.length > 0 ? videos : all.filter(isSequenceFile)
  if (files.length === 0)
    throw inputError('predict.empty', `${path} holds no video files, nor sequences (.csv, .npy)`)
  return files.map(name => join(path, name))
}

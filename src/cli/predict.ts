import { existsSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { inputError } from '../common/error.ts'
import { percent } from '../runner/report/words.ts'
import { type Io, printResult } from './command.ts'
import { runProgress } from './progress.ts'

interface PredictFlags {
  readonly model: string
  readonly cache?: string
  readonly json?: boolean
}

/** `layergym predict`: labels and probabilities of one clip or of a folder's. */
export function predictCommand(program: Command, io: Io): void {
  program
    .command('predict <clips...>')
    .description('label clips: video files, or folders of them')
    .requiredOption('--model <value>', 'fine-tuned model: the model folder of a run')
    .option('--cache <value>', 'folder for decoded clips')
    .option('--json', 'print the result as JSON, alone, on stdout')
    .action(async (given: string[], flags: PredictFlags) => {
      const paths = (await Promise.all(given.map(filesAt))).flat()
      const { predictClips } = await import('../runner/instances/apply.ts')
      const progress = runProgress(io)
      const hooks = { signal: io.signal, clock: io.now, onEvent: progress.onEvent }
      const options = { cache: flags.cache, ...hooks }
      const predictions = await predictClips(flags.model, paths, options).finally(progress.stop)
      printResult(io, flags, predictions, list =>
        list
          .map(({ path, label, probabilities }) => `${path}: ${label} (${percent(probabilities[label])})`)
          .join('\n'),
      )
    })
}

async function filesAt(given: string): Promise<string[]> {
  const path = resolve(given)
  if (!existsSync(path)) throw inputError('predict.missing', `no clip or folder at ${path}`)
  if (!statSync(path).isDirectory()) return [path]
  const { isVideoFile } = await import('../data/media-types.ts')
  const files = (await readdir(path, { recursive: true })).filter(isVideoFile).sort()
  if (files.length === 0) throw inputError('predict.empty', `${path} holds no video files`)
  return files.map(name => join(path, name))
}

import type { Command } from 'commander'
import { inputError } from '../common/error.ts'
import type { Finding } from '../envs/check.ts'
import type { EnvOptions } from '../envs/registry.ts'
import { type Io, printResult } from './command.ts'
import { envFrom, envOptionsFrom, withPlugins } from './env-options.ts'

/** `layergym check-env`: holds an environment to its contract; errors exit with 2, warnings pass. */
export function checkEnvCommand(program: Command, io: Io): void {
  program
    .command('check-env <id>')
    .description('hold an environment to the contract: spaces, seeds, snapshots, masks, ends, batches')
    .option('--steps <n>', 'steps of each rollout (100)')
    .option('--env-options <json>', 'options of the environment, as {"maxEpisodeSteps":50}')
    .option('--plugin <names...>', 'modules to load first, which may register environments')
    .option('--json', 'print the result as JSON, alone, on stdout')
    .action(async (id: string, options: CheckOptions) => {
      const steps = Number(options.steps ?? 100)
      if (!Number.isInteger(steps) || steps < 1) {
        throw inputError('check-env.steps', `--steps takes an integer >= 1, not ${options.steps}`)
      }
      await withPlugins(options.plugin)
      const env = await envFrom(id, options.envOptions)
      const { checkEnv } = await import('../envs/check.ts')
      const findings = [
        ...(await checkEnv(env, { steps })),
        ...(await findingsOfBatch(id, envOptionsFrom(options.envOptions), steps)),
      ]
      const errors = findings.filter(({ severity }) => severity === 'error').length
      const result = { env: id, ok: errors === 0, findings }
      printResult(io, options, result, inWords)
      if (errors > 0) throw inputError('env.invalid', `${id} breaks the contract in ${errors} ways`)
    })
}

/** Where there is a form of it over typed arrays: several that share their arrays are what single ones are. */
async function findingsOfBatch(id: string, options: EnvOptions, steps: number): Promise<readonly Finding[]> {
  const { makeBatchEnv, makeEnv } = await import('../envs/registry.ts')
  const batch = makeBatchEnv(id, 3, options)
  if (batch === undefined) return []
  const { checkBatchEnv } = await import('../envs/check/check-batch.ts')
  return checkBatchEnv(batch, () => makeEnv(id, options), { steps })
}

interface CheckOptions {
  readonly steps?: string
  readonly envOptions?: string
  readonly plugin?: readonly string[]
  readonly json?: boolean
}

function inWords(result: { env: string; ok: boolean; findings: readonly Finding[] }): string {
  const lines = result.findings.map(({ severity, code, message }) => `${severity} ${code}: ${message}`)
  return [...lines, `${result.env} ${result.ok ? 'keeps' : 'breaks'} the contract of Env`].join('\n')
}

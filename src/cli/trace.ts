import type { Command } from 'commander'
import { inputError, interrupted } from '../common/error.ts'
import type { TraceStep } from '../envs/trace.ts'
import type { Io } from './command.ts'
import { envFrom, parseJson, withPlugins } from './env-options.ts'

/** `layergym trace`: what an environment answers to given actions from a given state, one line a step. */
export function traceCommand(program: Command, io: Io): void {
  program
    .command('trace')
    .description('step an environment from a state through actions, one line a step')
    .requiredOption('--env <id>', 'environment, as CartPole-v1; see `layergym list envs`')
    .requiredOption('--actions <json>', 'actions, as [0,1,1] or [[0.5],[-2]]')
    .option('--state <json>', "first state, what Gymnasium's env.unwrapped.state holds; else the seed's")
    .option('--seed <n>', 'seed of the reset and of what is random afterwards (0)')
    .option('--env-options <json>', 'options of the environment, as {"maxEpisodeSteps":50}')
    .option('--plugin <names...>', 'modules to load first, which may register environments')
    .option('--json', 'print JSON, one object a line, alone, on stdout')
    .action(async (options: TraceOptions) => {
      const actions = parseJson('actions', options.actions)
      if (!Array.isArray(actions)) {
        throw inputError(
          'trace.actions',
          `--actions takes an array, as in --actions '[0,1,1]', not ${options.actions}`,
        )
      }
      const state = options.state === undefined ? undefined : parseJson('state', options.state)
      const seed = Number(options.seed ?? 0)
      if (!Number.isSafeInteger(seed))
        throw inputError('trace.seed', `--seed takes an integer, not ${options.seed}`)
      await withPlugins(options.plugin)
      const env = await envFrom(options.env, options.envOptions)
      const { trace } = await import('../envs/trace.ts')
      try {
        let step = 0
        for await (const result of trace(env, { state, actions, seed })) {
          if (io.signal.aborted) throw interrupted()
          step++
          io.stdout(`${options.json === true ? JSON.stringify(result) : inWords(step, result)}\n`)
        }
      } finally {
        await env.close?.()
      }
    })
}

interface TraceOptions {
  readonly env: string
  readonly actions: string
  readonly state?: string
  readonly seed?: string
  readonly envOptions?: string
  readonly plugin?: readonly string[]
  readonly json?: boolean
}

function inWords(step: number, { observation, reward, terminated, truncated }: TraceStep): string {
  const flags = `${terminated ? ' terminated' : ''}${truncated ? ' truncated' : ''}`
  return `${String(step).padStart(4)}  ${JSON.stringify(observation)}  reward ${reward}${flags}`
}

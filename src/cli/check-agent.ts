import type { Command } from 'commander'
import type { z } from 'zod'
import type { AgentDefinition } from '../agents/agent.ts'
import { inputError } from '../common/error.ts'
import type { Finding } from '../envs/check.ts'
import { type Io, printResult } from './command.ts'
import { envFrom, parseJson, withPlugins } from './env-options.ts'

/** `layergym check-agent`: holds an agent to the contract; errors exit with 2, warnings pass. */
export function checkAgentCommand(program: Command, io: Io): void {
  program
    .command('check-agent <id>')
    .description(
      'hold an agent to the contract: actions, masks, states, seeds, tensors, and whether it learns',
    )
    .option('--plugin <names...>', 'plugins to load first')
    .option('--agent-config <json>', 'settings of the agent, as {"hidden":[32]}')
    .option('--env <id>', "try it in this environment's spaces alone")
    .option('--env-options <json>', 'options of that environment')
    .option('--no-learning', 'leave out the small environments that it must learn')
    .option('--learning-steps <n>', 'steps to learn each of them in (20000)')
    .option('--seed <n>', 'decides everything random (0)')
    .option('--timeout <seconds>', 'how long one call of act or learn may take (30)')
    .option('--json', 'print the result as JSON, alone, on stdout')
    .action(async (id: string, options: CheckOptions) => {
      const learningSteps = number('learning-steps', options.learningSteps, isCount, 'an integer >= 1')
      const timeoutSeconds = number('timeout', options.timeout, s => s > 0, 'a number of seconds > 0')
      const seed = number('seed', options.seed, Number.isSafeInteger, 'an integer')
      const container = await withPlugins(options.plugin)
      const definition = container.get('agents', id)
      const config = await configFrom(id, definition.config, options.agentConfig)
      const { env, envOptions } = options
      const spaces = env === undefined ? {} : await spacesOf(id, definition, env, envOptions)
      const { checkAgent } = await import('../agents/check.ts')
      const findings = await checkAgent(definition, {
        ...spaces,
        config,
        learning: options.learning,
        learningSteps,
        timeoutSeconds,
        seed,
        signal: io.signal,
      })
      const errors = findings.filter(({ severity }) => severity === 'error').length
      printResult(io, options, { agent: id, ok: errors === 0, findings }, inWords)
      if (errors > 0) throw inputError('agent.invalid', `${id} breaks the contract in ${errors} ways`)
    })
}

interface CheckOptions {
  readonly plugin?: readonly string[]
  readonly agentConfig?: string
  readonly env?: string
  readonly envOptions?: string
  readonly learning: boolean
  readonly learningSteps?: string
  readonly seed?: string
  readonly timeout?: string
  readonly json?: boolean
}

/** Undefined where none are given: a schema that needs some is a finding. */
async function configFrom(id: string, schema: z.ZodType, given: string | undefined): Promise<unknown> {
  if (given === undefined) return undefined
  const settings = parseJson('agent-config', given)
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw inputError('cli.agent-config', `--agent-config takes an object, as {"hidden":[32]}, not ${given}`)
  }
  const { parseAgentConfig } = await import('../runner/plugins/agent-config.ts')
  return parseAgentConfig(id, schema, { ...settings })
}

/** @throws input error with the agent's reason when it can't act there */
async function spacesOf(
  id: string,
  definition: AgentDefinition,
  env: string,
  envOptions: string | undefined,
) {
  const made = await envFrom(env, envOptions)
  const { observationSpace, actionSpace } = made
  await made.close?.()
  const reason = definition.refuses?.({ observationSpace, actionSpace })
  if (reason !== undefined) throw inputError('agent.refused', `agent '${id}' can't act in ${env}: ${reason}`)
  return { observationSpace, actionSpace }
}

/** Undefined where the flag isn't given. */
function number(
  flag: string,
  given: string | undefined,
  isAllowed: (value: number) => boolean,
  allowed: string,
) {
  const value = Number(given)
  if (given === undefined) return undefined
  if (!isAllowed(value)) throw inputError('check-agent.number', `--${flag} takes ${allowed}, not ${given}`)
  return value
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1
}

function inWords(result: { agent: string; ok: boolean; findings: readonly Finding[] }): string {
  const lines = result.findings.map(({ severity, code, message }) => `${severity} ${code}: ${message}`)
  return [...lines, `${result.agent} ${result.ok ? 'keeps' : 'breaks'} the contract of Agent`].join('\n')
}

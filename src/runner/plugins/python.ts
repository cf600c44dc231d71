import { existsSync } from 'node:fs'
import { delimiter, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { AgentDefinition } from '../../agents/agent.ts'
import { RemoteAgent } from '../../agents/remote/agent.ts'
import { RemoteProcess } from '../../agents/remote/process.ts'
import { inputError, messageOf } from '../../common/error.ts'
import { KINDS } from '../../envs/wire/frames.ts'
import { checkWire } from '../../envs/wire/values.ts'

/** One program a file, for all agents that are made of it. */
const programs = new Map<string, RemoteProcess>()

/**
 * The agents of a Python file, as a plugin has them: every subclass of `layergym.Agent` in it.
 * @param path an absolute one
 * @throws input error where Python, its packages or the file have a fault
 */
export function pythonAgents(path: string): Readonly<Record<string, AgentDefinition>> {
  const { agents } = described.parse(programOf(path).ask(KINDS.describe, 0, {}))
  return Object.fromEntries(agents.map(agent => [agent.id, definitionOf(path, agent)]))
}

const described = z.object({
  agents: z.array(
    z.object({
      id: z.string(),
      description: z.string(),
      settings: z.record(z.string(), z.object({ value: z.unknown(), says: z.string() })),
    }),
  ),
})

type Described = z.infer<typeof described>['agents'][number]

function definitionOf(path: string, { id, description, settings }: Described): AgentDefinition {
  return {
    description,
    config: z.strictObject(
      Object.fromEntries(
        Object.entries(settings).map(([name, { value, says }]) => [name, settingLike(value).describe(says)]),
      ),
    ),
    refuses: ({ observationSpace, actionSpace }) => {
      try {
        checkWire(observationSpace)
        checkWire(actionSpace)
      } catch (error) {
        return messageOf(error)
      }
      const { reason } = programOf(path).ask(KINDS.refuses, 0, { agent: id, observationSpace, actionSpace })
      return typeof reason === 'string' ? reason : undefined
    },
    factory: context => new RemoteAgent(programOf(path), id, context),
  }
}

/** A setting is of its default's type. */
function settingLike(value: unknown): z.ZodType {
  if (typeof value === 'number') return z.number().default(value)
  if (typeof value === 'boolean') return z.boolean().default(value)
  if (typeof value === 'string') return z.string().default(value)
  if (Array.isArray(value)) return z.array(z.unknown()).default(value)
  return z.unknown().default(value)
}

function programOf(path: string): RemoteProcess {
  const running = programs.get(path)
  if (running !== undefined) return running
  const python = process.env.LAYERGYM_PYTHON ?? 'python3'
  const own = fileURLToPath(new URL('../../../python', import.meta.url))
  const paths = [process.env.PYTHONPATH, ...(existsSync(own) ? [own] : [])].filter(Boolean)
  try {
    const program = new RemoteProcess({
      command: [python, '-m', 'layergym', resolve(path)],
      env: { ...process.env, PYTHONPATH: [dirname(path), ...paths].join(delimiter) },
      timeoutSeconds: Number(process.env.LAYERGYM_PYTHON_TIMEOUT ?? 600),
    })
    programs.set(path, program)
    return program
  } catch (error) {
    throw inputError(
      'plugin.python',
      `${messageOf(error)}\nLAYERGYM_PYTHON names the Python, which needs numpy, gymnasium and layergym (pip install python/)`,
      { cause: error },
    )
  }
}

import type { z } from 'zod'
import { inputError, type LayergymError } from '../../common/error.ts'
import { nearest } from '../../common/suggest.ts'

/**
 * Checks an agent's settings against its schema and fills in the defaults. Keys may be kebab-case.
 * @throws input error naming the agent, the key, what was given and what is allowed
 */
export function parseAgentConfig<S extends z.ZodType>(
  agent: string,
  schema: S,
  given: Readonly<Record<string, unknown>>,
): z.infer<S> {
  const known = knownKeys(schema)
  const values: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    const name =
      known === undefined || known.includes(key)
        ? key
        : key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
    if (known !== undefined && !known.includes(name)) throw unknownSetting(agent, key, known)
    values[name] = value
  }
  const result = schema.safeParse(values)
  if (result.success) return result.data
  const [{ path, message }] = result.error.issues
  const value = path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    values,
  )
  const key = path.map(String).join('.')
  throw inputError(
    'agent.config',
    value === undefined
      ? `agent '${agent}' needs its setting '${key}': ${message}`
      : `agent '${agent}': '${key}' can't be ${JSON.stringify(value)}: ${message}`,
  )
}

/** Of an object schema; undefined for any other, whose own errors must do. */
export function knownKeys(schema: z.ZodType): readonly string[] | undefined {
  const shape: unknown = Reflect.get(schema, 'shape')
  return typeof shape === 'object' && shape !== null ? Object.keys(shape) : undefined
}

function unknownSetting(agent: string, key: string, known: readonly string[]): LayergymError {
  const near = nearest(key, known)
  const hint = near === undefined ? '' : `: did you mean '${near}'?`
  const list = known.length === 0 ? 'it has none' : `known: ${known.join(', ')}`
  return inputError('agent.config', `agent '${agent}' has no setting '${key}'${hint} (${list})`)
}

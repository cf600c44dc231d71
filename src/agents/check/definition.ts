import type { z } from 'zod'
import { messageOf } from '../../common/error.ts'
import { type Findings, show } from '../../common/findings.ts'
import type { AgentDefinition } from '../agent.ts'
import type { World } from './worlds.ts'

/** The settings that the schema makes of nothing; undefined, and said, when it refuses. */
export function defaultConfig({ config }: AgentDefinition, findings: Findings): unknown {
  const result = config.safeParse({})
  if (result.success) return result.data
  const [{ path, message }] = result.error.issues
  findings.error(
    'config.defaults',
    `the config schema refuses {} ('${path.join('.')}': ${message}): give every setting a default`,
  )
  return undefined
}

/** Whether settings can be read about, and a misspelt one is refused. */
export function checkConfig({ config }: AgentDefinition, findings: Findings): void {
  const shape = Object.entries((Reflect.get(config, 'shape') ?? {}) as Record<string, z.ZodType>)
  const silent = shape.filter(([, field]) => !field.description).map(([key]) => key)
  if (silent.length > 0) {
    findings.warning(
      'config.undescribed',
      `settings without a description: ${silent.join(', ')}; add .describe('what it does, and its unit')`,
    )
  }
  if (!config.safeParse({ 'no such setting': 1 }).success) return
  findings.warning(
    'config.unknown-keys',
    'the config schema accepts a setting that it does not know, so a misspelt one goes unnoticed: use z.strictObject',
  )
}

/** Whether the agent says that it can act here. */
export function accepts(definition: AgentDefinition, world: World, findings: Findings): boolean {
  let reason: unknown
  try {
    reason = definition.refuses?.(world)
  } catch (error) {
    findings.error(
      'refuses.throws',
      `refuses() throws: ${messageOf(error)}; return the reason, or undefined (with ${world.name})`,
    )
    return false
  }
  if (reason === undefined) return true
  if (typeof reason !== 'string' || reason === '') {
    findings.error(
      'refuses.reason',
      `refuses() returns ${show(reason)}: return the reason in words, or undefined (with ${world.name})`,
    )
  }
  return false
}

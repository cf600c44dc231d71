import type { z } from 'zod'
import { inputError } from '../common/error.ts'

const LEAST = Number.MIN_VALUE

/**
 * Settings with numbers in the place of some of them; where the schema takes whole numbers alone, they are rounded.
 * @param rules the schema of the whole settings, and which of them may change once an agent is made
 * @throws input error where one may not change, or not to that
 */
export function withAdjusted<S extends object>(
  settings: S,
  changes: Readonly<Record<string, number>>,
  rules: { readonly schema: z.ZodObject; readonly adjustable: readonly string[] },
): S {
  const { schema, adjustable } = rules
  const values = Object.entries(changes).map(([name, value]) => {
    if (!adjustable.includes(name)) {
      throw inputError(
        'agent.adjust',
        `'${name}' can't change while the agent learns: ${adjustable.join(', ')} can`,
      )
    }
    const field = schema.shape[name] as z.ZodType
    const fits = (number: number) => field.safeParse(number).success
    // A course may end at 0 where a setting itself has to be above it.
    const fitting = value === 0 && fits(LEAST) ? 0 : [value, Math.round(value)].find(fits)
    if (fitting === undefined) {
      throw inputError(
        'agent.adjust',
        `'${name}' can't become ${value}: ${field.safeParse(value).error?.issues[0].message}`,
      )
    }
    return [name, fitting]
  })
  return { ...settings, ...Object.fromEntries(values) }
}

import { z } from 'zod'
import { inputError } from './error.ts'
import { unknownName } from './suggest.ts'

/** Flags come as text. An empty text, `true` or `null` is no number, though Number() would make one of it. */
export const number = (checks: z.ZodNumber) =>
  z.preprocess(
    (given: number | string) => (typeof given === 'string' && given.trim() !== '' ? Number(given) : given),
    checks,
  )

export const integer = (least: number, most = 1e9) => number(z.number().int().min(least).max(most))
export const real = (least: number, most = Number.MAX_VALUE) => number(z.number().min(least).max(most))

/** `a, b` or a YAML list; `none` is the empty one. */
export const names = <T extends z.ZodType>(name: T) =>
  z.preprocess(
    (given: string | readonly z.input<T>[]) =>
      typeof given === 'string' ? (given === 'none' ? [] : given.split(',').map(part => part.trim())) : given,
    z.array(name),
  )
/**
 * Validates values from flags, YAML or code. Keys may be camelCase or kebab-case.
 * @throws input error naming the key, what was given and what is allowed
 */
export function parseConfig<S extends z.ZodObject>(
  schema: S,
  values: Readonly<Record<string, unknown>>,
): z.infer<S> {
  const known = Object.keys(schema.shape)
  const camel: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue
    const name = camelCase(key)
    if (!known.includes(name)) throw unknownName('setting', key, known.map(kebabCase))
    camel[name] = value
  }
  const result = schema.safeParse(camel)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const key = kebabCase(String(issue.path[0] ?? ''))
  const given = valueAt(camel, issue.path)
  if (issue.code === 'invalid_key') {
    const name = String(issue.path.at(-1))
    throw inputError('config.invalid', `'${key}' can't have the name '${name}': ${issue.issues[0].message}`)
  }
  if (given === undefined) throw inputError('config.missing', `'${key}' is missing: give --${key}`)
  throw inputError(
    'config.invalid',
    `'${[key, ...issue.path.slice(1)].join('.')}' can't be ${JSON.stringify(given)}: ${issue.message}`,
  )
}
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : inner),
    value,
  )
}
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}
export function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

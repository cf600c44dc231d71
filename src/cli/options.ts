import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import type { z } from 'zod'
import { inputError, messageOf } from '../common/error.ts'
import { readTextFile } from '../common/regular-file.ts'
import { kebabCase } from '../common/settings.ts'
import { anchored } from '../runner/runs/places.ts'

/** One flag for every key of a schema, in kebab-case; the schema itself checks the values. */
export function addSchemaOptions(command: Command, schema: z.ZodObject): Command {
  for (const [key, field] of Object.entries(schema.shape)) {
    const type = innerType(field as z.ZodType)
    const description = describe(field as z.ZodType)
    if (type === 'boolean') command.option(`--${kebabCase(key)}`, description)
    else if (type === 'array') command.option(`--${kebabCase(key)} <names>`, description, list)
    else if (type === 'record') command.option(`--${kebabCase(key)} <json>`, description, json(key))
    else command.option(`--${kebabCase(key)} <value>`, description)
  }
  return command
    .option('--config <file>', 'YAML file with these settings; flags override it')
    .option('--json', 'print the result as JSON, alone, on stdout')
}

/** The settings of a command: its YAML file's, overridden by its flags. */
export async function readSettings(
  options: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const { config, json: _json, verbose: _verbose, ...flags } = options
  if (config === undefined) return flags
  const path = String(config)
  if (!existsSync(path)) throw inputError('config.no-file', `no config file at ${path}`)
  // Seldom needed, and seventy files.
  const { parse } = await import('yaml')
  let values: unknown
  try {
    values = parse(await readTextFile(path, { most: LARGEST }), { logLevel: 'error' })
  } catch (error) {
    throw inputError('config.yaml', `${path} is not YAML: ${messageOf(error)}`, { cause: error })
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw inputError('config.yaml', `${path} must hold one setting a line, as in: episodes: 20`)
  }
  // Of a run's folder: paths are relative to it.
  const own = 'kind' in values ? anchored(values, dirname(resolve(path))) : values
  return { ...own, ...flags }
}

/** Of a file of settings. Bytes. */
const LARGEST = 16 * 2 ** 20

function list(value: string, before: readonly string[] | undefined): readonly string[] {
  const names = value === 'none' ? [] : value.split(',').map(name => name.trim())
  return [...(before ?? []), ...names]
}

function json(key: string): (value: string) => unknown {
  return value => {
    try {
      return JSON.parse(value)
    } catch (error) {
      const flag = kebabCase(key)
      throw inputError(
        'config.json',
        `--${flag} takes JSON, as in --${flag} '{"hidden":[32]}', not ${value}`,
        {
          cause: error,
        },
      )
    }
  }
}

/** What a field holds under its defaults and options. */
function innerType(field: z.ZodType): string {
  const { innerType: wrapped, out } = field.def as { innerType?: z.ZodType; out?: z.ZodType }
  const inner = wrapped ?? out
  return inner === undefined ? field.def.type : innerType(inner)
}

function describe(field: z.ZodType): string {
  const text = field.description ?? ''
  const fallback = (field.def as { defaultValue?: unknown }).defaultValue
  const shown =
    fallback === undefined ||
    fallback === false ||
    (typeof fallback === 'object' && Object.keys(fallback ?? {}).length === 0)
      ? ''
      : ` (default: ${String(fallback)})`
  return text + shown
}
